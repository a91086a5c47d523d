"""Seed 003, «Real-time»: the WebSocket, on any replica."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from tests.contract.jobserver.conftest import Cast
from tests.contract.jobserver.shapes import JOB_NOT_FOUND, TIME, expect, invalid
from tests.support.jobserver import Jobserver, Socket, stream
from tests.support.transcript import ANY, differences


def same(found: object, expected: object) -> None:
    wrong = differences(expected, found, {})
    assert not wrong, wrong


async def silent(socket: Socket) -> bool:
    try:
        await socket.next(timeout_s=0.3)
    except TimeoutError:
        return True
    return False


async def run(worker: Jobserver, job: str, exit_code: int = 0) -> None:
    assert (await worker.get_job())["jobId"] == job
    for text in ("one\n", "two\n"):
        assert (await worker.post("/jobs/stream-output", {"jobId": job, "data": text})).status == 200
    assert (await worker.finish(job, exit_code)).status == 200


@pytest.mark.parametrize("exit_code", [0, 7])
async def test_a_job_is_watched_from_start_to_end(cast: Cast, second_origin: str, exit_code: int) -> None:
    worker = await cast.admin.register("worker-001")
    async with stream(cast.user) as here, stream(cast.user, origin=second_origin) as there:
        job = await cast.user.submit()
        await run(worker, job, exit_code)
        for socket in (here, there):
            started, one, two, completed = await socket.upto("job.completed")
            about = {"jobId": job, "timestamp": TIME, "eventId": ANY}
            same(started, {"type": "job.started", **about, "workerId": "worker-001", "attempt": 1})
            for said, text in ((one, "one\n"), (two, "two\n")):
                same(said, {"type": "job.output", **about, "stream": "stdout", "data": text})
            failed = {"error": "exit code 7"} if exit_code else {}
            same(
                completed,
                {
                    "type": "job.completed",
                    **about,
                    "status": "failed" if exit_code else "completed",
                    "exitCode": exit_code,
                    "workerId": "worker-001",
                    **failed,
                },
            )


async def test_every_end_is_told(cast: Cast) -> None:
    async with stream(cast.user) as socket:
        job = await cast.user.submit()
        await cast.user.post("/jobs/cancel", {"jobId": job})
        [ended] = await socket.upto("job.completed")
        assert (ended["jobId"], ended["status"], ended["exitCode"]) == (job, "cancelled", None)


async def test_only_own_jobs_are_seen_and_job_id_narrows(cast: Cast) -> None:
    worker = await cast.admin.register()
    one = await cast.user.submit()
    async with stream(cast.stranger) as stranger, stream(cast.user, jobId=one) as narrow:
        await run(worker, one)
        two = await cast.user.submit()
        await run(worker, two)
        assert {message["jobId"] for message in await narrow.upto("job.completed")} == {one}
        assert await silent(narrow)
        assert await silent(stranger)
    for caller in (cast.stranger, cast.user):
        unknown = one if caller is cast.stranger else "job-12345"
        expect(await caller.get("/jobs/stream", jobId=unknown), 404, JOB_NOT_FOUND)


async def test_who_comes_late_hears_of_the_end(cast: Cast) -> None:
    worker = await cast.admin.register()
    job = await cast.user.submit()
    await run(worker, job)
    async with stream(cast.user, jobId=job) as socket:
        ended = await socket.next()
        assert (ended["type"], ended["jobId"], ended["exitCode"]) == ("job.completed", job, 0)


async def test_who_comes_back_goes_on_where_it_was(cast: Cast, second_origin: str) -> None:
    worker = await cast.admin.register()
    job = await cast.user.submit()
    async with stream(cast.user) as socket:
        await worker.get_job()
        started = await socket.next()
    await worker.post("/jobs/stream-output", {"jobId": job, "data": "missed"})
    async with stream(cast.user, origin=second_origin, after=started["eventId"]) as socket:
        await worker.finish(job)
        said, ended = await socket.upto("job.completed")
        assert (said["data"], ended["jobId"]) == ("missed", job)


async def test_three_ways_to_say_who_watches(cast: Cast) -> None:
    token = cast.user.headers["Authorization"].removeprefix("Bearer ")
    worker = await cast.admin.register()
    by_cookie = cast.nobody.having(Cookie=f"auth_token={token}")
    async with stream(cast.user) as one, stream(by_cookie) as two, stream(cast.nobody, token=token) as three:
        job = await cast.user.submit()
        await run(worker, job)
        for socket in (one, two, three):
            assert (await socket.upto("job.completed"))[-1]["jobId"] == job
    for caller, query in ((cast.nobody, {}), (cast.nobody, {"token": "x"}), (worker, {})):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with stream(caller, **query):
                pass
        assert refused.value.status == 401


async def test_a_token_in_the_query_opens_nothing_else(cast: Cast) -> None:
    token = cast.user.headers["Authorization"].removeprefix("Bearer ")
    assert (await cast.nobody.get("/jobs/list", token=token)).status == 401


async def test_a_logout_closes_the_socket_of_another_replica(cast: Cast, second_origin: str) -> None:
    leaving, staying = [await cast.nobody.login(cast.account.email) for _ in range(2)]
    async with stream(leaving, origin=second_origin) as socket, stream(staying) as other:
        assert (await leaving.post("/auth/logout")).status == 200
        assert await socket.closed(timeout_s=8) == aiohttp.WSCloseCode.POLICY_VIOLATION
        assert not other.socket.closed
        job = await cast.user.submit()
        await cast.user.post("/jobs/cancel", {"jobId": job})
        assert (await other.next())["jobId"] == job


async def test_what_a_client_says_is_not_listened_to(cast: Cast) -> None:
    async with stream(cast.user) as socket:
        await socket.socket.send_str("hello")
        await socket.socket.send_str("x" * 100_000)
        assert await socket.closed() == aiohttp.WSCloseCode.MESSAGE_TOO_BIG


async def test_without_an_upgrade_it_is_400(cast: Cast) -> None:
    expect(await cast.user.get("/jobs/stream"), 400, invalid("This is a WebSocket: ask for an upgrade"))


async def test_many_watch_at_once(cast: Cast, second_origin: str) -> None:
    worker = await cast.admin.register()

    async def watch(number: int) -> str:
        async with stream(cast.user, origin=(cast.origin, second_origin)[number % 2]) as socket:
            ready.release()
            return str((await socket.upto("job.completed"))[-1]["jobId"])

    ready = asyncio.Semaphore(0)
    watching = [asyncio.create_task(watch(number)) for number in range(20)]
    for _ in watching:
        await ready.acquire()
    job = await cast.user.submit()
    await run(worker, job)
    assert set(await asyncio.gather(*watching)) == {job}
