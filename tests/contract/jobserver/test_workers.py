"""Seed 003, «workers»: register, check in, be listed, be let go."""

from __future__ import annotations

import pytest
from tests.contract.jobserver.conftest import Cast, OpenSite
from tests.contract.jobserver.shapes import (
    FORBIDDEN,
    TIME,
    UNAUTHORIZED,
    WORKER_NOT_FOUND,
    WORKER_TOKEN,
    error,
    expect,
    invalid,
)
from tests.support.transcript import ANY, like

WORKER = {
    "workerId": "worker-001",
    "hostname": "desktop-pc",
    "cpuCount": 8,
    "totalMemoryMb": 16384,
    "metadata": {"osType": "Windows", "nodeVersion": "18.17.0", "tags": ["test", "build"]},
}


async def test_a_worker_registers_checks_in_and_is_seen(cast: Cast) -> None:
    known = expect(
        await cast.admin.post("/workers/register", WORKER),
        201,
        {
            "success": True,
            "workerId": "worker-001",
            "token": WORKER_TOKEN.saved_as("token"),
            "registeredAt": TIME,
        },
    )
    worker = cast.nobody.having(x_worker_token=known["token"])
    beat = {"workerId": "worker-001", "status": "idle", "currentJobId": None, "jobsCompleted": 42}
    expect(
        await worker.post("/workers/heartbeat", beat),
        200,
        {"success": True, "serverTime": TIME, "nextCheckIn": 30000},
    )
    entry = {
        "workerId": "worker-001",
        "hostname": "desktop-pc",
        "cpuCount": 8,
        "status": "online",
        "lastHeartbeat": TIME,
        "registeredAt": TIME,
        "currentJobId": None,
        "jobsCompleted": 42,
    }
    expect(
        await cast.user.get("/workers/list", status="online", limit="50"),
        200,
        {
            "success": True,
            "total": 1,
            "limit": 50,
            "offset": 0,
            "hasMore": False,
            "workers": [entry],
            "data": [entry],
        },
    )
    expect(
        await cast.user.get("/workers/worker-001"),
        200,
        {
            "success": True,
            "worker": {**entry, "totalMemoryMb": 16384, "metadata": WORKER["metadata"]},
        },
    )


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({"hostname": "x"}, invalid("workerId is required", workerId="is required")),
        ({"workerId": ""}, invalid("workerId is required", workerId="is required")),
        ({"workerId": "a b"}, invalid(like("workerId has characters .*"), workerId=ANY)),
        ({"workerId": "w", "cpuCount": "8"}, invalid("cpuCount must be a whole number", cpuCount=ANY)),
        ({"workerId": "w", "metadata": []}, invalid("metadata must be an object", metadata=ANY)),
    ],
)
async def test_a_registration_names_what_is_wrong(cast: Cast, body: object, answer: object) -> None:
    expect(await cast.admin.post("/workers/register", body), 400, answer)


async def test_an_id_is_taken_once_in_an_account(cast: Cast) -> None:
    assert (await cast.admin.post("/workers/register", WORKER)).status == 201
    expect(
        await cast.admin.post("/workers/register", WORKER),
        409,
        error("Conflict", "Worker already registered", "CONFLICT"),
    )
    assert (await cast.stranger.post("/workers/register", WORKER)).status == 201


async def test_a_deleted_worker_is_dead_and_its_id_is_free(cast: Cast) -> None:
    worker = await cast.admin.register("worker-001")
    expect(
        await cast.admin.ask("DELETE", "/workers/worker-001"),
        200,
        {"success": True, "message": "Worker unregistered"},
    )
    expect(await worker.get("/jobs/get-job"), 401, UNAUTHORIZED)
    expect(await worker.post("/workers/heartbeat", {"status": "idle"}), 401, UNAUTHORIZED)
    expect(await cast.admin.get("/workers/worker-001"), 404, WORKER_NOT_FOUND)
    expect(await cast.admin.ask("DELETE", "/workers/worker-001"), 404, WORKER_NOT_FOUND)
    again = await cast.admin.register("worker-001")
    assert (await again.get("/jobs/get-job")).status == 204


async def test_deleting_a_worker_gives_its_job_back(cast: Cast) -> None:
    first = await cast.admin.register("first")
    job = await cast.user.submit()
    assert (await first.get_job())["jobId"] == job
    assert (await cast.admin.ask("DELETE", "/workers/first")).status == 200
    second = await cast.admin.register("second")
    assert (await second.get_job())["jobId"] == job
    assert (await cast.user.status(job))["workerId"] == "second"


async def test_without_credentials_workers_join_the_open_account(cast: Cast, open_site: OpenSite) -> None:
    worker = await cast.nobody.register()
    assert (await worker.get("/jobs/get-job")).status == 204
    wrong = cast.nobody.having(Authorization="Bearer nonsense")
    expect(await wrong.post("/workers/register", WORKER), 401, UNAUTHORIZED)
    assert (await cast.admin.get("/workers/list")).body["total"] == 0


async def test_only_admins_register_and_delete(cast: Cast) -> None:
    await cast.admin.register("worker-001")
    expect(await cast.user.post("/workers/register", WORKER), 403, FORBIDDEN)
    expect(await cast.user.ask("DELETE", "/workers/worker-001"), 403, FORBIDDEN)
    assert (await cast.user.get("/workers/worker-001")).status == 200


async def test_a_heartbeat_speaks_for_its_own_worker_only(cast: Cast) -> None:
    one = await cast.admin.register("one")
    await cast.admin.register("two")
    expect(await one.post("/workers/heartbeat", {"workerId": "two", "status": "idle"}), 403, FORBIDDEN)
    expect(
        await one.post("/workers/heartbeat", {"workerId": "one", "status": "a b"}),
        400,
        invalid(like("status has characters .*"), status=ANY),
    )


async def test_workers_are_filtered_sorted_and_paged(cast: Cast) -> None:
    for name, cpus, tags in (
        ("a", 4, ["test"]),
        ("b", 16, ["test", "build"]),
        ("c", 8, ["build"]),
        ("d", 2, []),
    ):
        await cast.admin.register(name, cpuCount=cpus, metadata={"tags": tags})
    broken = await cast.admin.register("e")
    await broken.post("/workers/heartbeat", {"status": "error"})

    async def names(**query: str) -> list[str]:
        answer = await cast.user.get("/workers/list", **query)
        assert answer.status == 200, answer
        assert answer.body["data"] == answer.body["workers"]
        return [worker["workerId"] for worker in answer.body["workers"]]

    assert await names() == ["a", "b", "c", "d", "e"]
    assert await names(sort="-workerId") == ["e", "d", "c", "b", "a"]
    assert await names(sort="-cpuCount", limit="2", status="online") == ["b", "c"]
    assert await names(tags="test") == ["a", "b"]
    assert await names(tags="test,build") == ["b"]
    assert await names(status="online", tags="build") == ["b", "c"]
    assert await names(status="error") == ["e"]
    assert await names(status="error,online", sort="workerId", offset="3") == ["d", "e"]
    assert await names(status="offline") == []
    page = (await cast.user.get("/workers/list", limit="2", offset="2")).body
    assert (page["total"], page["limit"], page["offset"], page["hasMore"]) == (5, 2, 2, True)
    for query in (
        {"status": "asleep"},
        {"sort": "password"},
        {"limit": "1001"},
        {"limit": "0"},
        {"offset": "-1"},
    ):
        [name] = query
        expect(
            await cast.user.get("/workers/list", **query),
            400,
            invalid(like(f"{name} must be .*"), **{name: ANY}),
        )
