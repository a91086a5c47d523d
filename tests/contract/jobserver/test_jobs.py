"""Seed 003, «jobs»: submit, status, list, cancel."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from tests.contract.jobserver.conftest import Cast
from tests.contract.jobserver.shapes import (
    COUNT,
    FILE_NOT_FOUND,
    JOB,
    JOB_NOT_FOUND,
    TIME,
    error,
    expect,
    invalid,
)
from tests.support.transcript import ANY, like
from tests.support.waiting import until

SUBMIT = {"command": "npm test", "workingDirectory": "project", "timeout": 600, "priority": "normal"}
NOBODY_S_JOB = "job-0000000000007000800000000000dead"


async def test_a_job_is_submitted_and_its_status_shown(cast: Cast) -> None:
    await cast.admin.upload(name="project.zip")
    worker = await cast.admin.register("worker-001")
    known = expect(
        # As in the text: the file is named without its id.
        await cast.user.post("/jobs/submit", {**SUBMIT, "fileUrl": "/uploads/project.zip"}),
        201,
        {
            "success": True,
            "jobId": JOB.saved_as("job"),
            "status": "queued",
            "createdAt": TIME,
            "estimatedWaitTime": 0,
        },
    )
    job = known["job"]
    assert (await worker.get_job())["jobId"] == job
    said = {"jobId": job, "data": "Running tests...\n", "type": "stdout", "progress": 45}
    assert (await worker.post("/jobs/stream-output", said)).status == 200
    expect(
        await cast.user.get("/jobs/status", jobId=job),
        200,
        {
            "success": True,
            "job": {
                "jobId": job,
                "status": "running",
                "workerId": "worker-001",
                "createdAt": TIME,
                "startedAt": TIME,
                "stdout": "Running tests...\n",
                "stderr": "",
                "progress": 45,
                "exitCode": None,
            },
        },
    )


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({}, invalid("command is required", command="is required")),
        ({"command": "  "}, invalid(like("command .*"), command=ANY)),
        ({"command": "x" * 32_769}, invalid(like("command .*32768.*"), command=ANY)),
        ({"command": "x", "timeout": 0}, invalid(like("timeout .*"), timeout=ANY)),
        ({"command": "x", "timeout": "600"}, invalid("timeout must be a number", timeout=ANY)),
        (
            {"command": "x", "priority": "soon"},
            invalid("priority must be low, normal, high or urgent", priority=ANY),
        ),
        (
            {"command": "x", "fileUrl": "https://example.com/project.zip"},
            invalid(like("fileUrl must be the url of an upload.*"), fileUrl=ANY),
        ),
        (
            {"command": "x", "fileUrl": "https://example.com/uploads/project.zip"},
            invalid(like("fileUrl must be the url of an upload.*"), fileUrl=ANY),
        ),
        ({"command": "x", "fileUrl": "/uploads/file-1/project.zip"}, None),
        ({"command": "x", "fileUrl": "/uploads/project.zip"}, None),
    ],
)
async def test_a_submit_names_what_is_wrong(cast: Cast, body: dict[str, object], answer: object) -> None:
    status = 404 if answer is None else 400
    expect(await cast.user.post("/jobs/submit", body), status, answer or FILE_NOT_FOUND)


async def test_what_is_no_json_is_told(cast: Cast) -> None:
    answer = await cast.user.ask("POST", "/jobs/submit", data=b'{"command": ')
    expect(answer, 400, invalid(like("The request body is not valid JSON: .*")))
    deep = await cast.user.ask("POST", "/jobs/submit", data=b"[" * 100_000)
    assert deep.status == 400


async def test_priorities_decide_who_goes_first(cast: Cast) -> None:
    low, high, urgent = [await cast.user.submit(priority=word) for word in ("low", "high", "urgent")]
    worker = await cast.admin.register()
    order = []
    for _ in range(3):
        order.append((await worker.get_job())["jobId"])
        assert (await worker.finish(order[-1])).status == 200
    assert order == [urgent, high, low]


async def test_a_waiting_job_says_why(cast: Cast) -> None:
    job = await cast.user.submit()
    assert (await cast.user.status(job))["waitingReason"]["code"] == "NO_AGENT_FOR_LANE"
    worker = await cast.admin.register()
    other = await cast.user.submit()
    assert {(await worker.get_job())["jobId"]} < {job, other}
    waiting = other if (await cast.user.status(job))["status"] == "running" else job

    async def busy() -> bool:
        reason: str = (await cast.user.status(waiting))["waitingReason"]["code"]
        return reason == "ALL_BUSY"

    await until(busy, what="the worker to be seen with its job")


async def test_the_wait_is_estimated_from_what_ran(cast: Cast) -> None:
    async def estimate() -> object:
        answer = await cast.user.post("/jobs/submit", {"command": "true"})
        assert answer.status == 201
        return answer.body["estimatedWaitTime"]

    # Without a worker nobody can say.
    assert await estimate() is None
    worker = await cast.admin.register()
    job = (await worker.get_job())["jobId"]
    # One runs, and no run of this pool is known yet.
    assert await estimate() is None
    await asyncio.sleep(1.1)  # this is what is measured
    await worker.finish(job)

    async def known() -> object:
        return await estimate()

    found = await until(known, lambda value: isinstance(value, int) and value >= 1, every_s=0.5)
    assert COUNT.test(found)


async def test_jobs_are_listed_filtered_sorted_and_paged(cast: Cast) -> None:
    worker = await cast.admin.register("worker-001")
    jobs = [await cast.user.submit(f"echo {n}") for n in range(4)]
    done = (await worker.get_job())["jobId"]
    await worker.finish(done)
    failed = (await worker.get_job())["jobId"]
    await worker.finish(failed, 2)
    entry = {
        "jobId": done,
        "command": f"echo {jobs.index(done)}",
        "status": "completed",
        "workerId": "worker-001",
        "createdAt": TIME,
        "completedAt": TIME,
        "exitCode": 0,
    }
    expect(
        await cast.user.get("/jobs/list", status="completed", limit="50"),
        200,
        {
            "success": True,
            "total": 1,
            "limit": 50,
            "offset": 0,
            "hasMore": False,
            "jobs": [entry],
            "data": [entry],
        },
    )

    async def ids(**query: str) -> list[str]:
        answer = await cast.user.get("/jobs/list", **query)
        assert answer.status == 200, answer
        return [job["jobId"] for job in answer.body["jobs"]]

    assert await ids() == jobs[::-1]
    assert await ids(sort="createdAt") == jobs
    assert await ids(sort="-createdAt", limit="2", offset="1") == jobs[::-1][1:3]
    assert await ids(status="completed,failed", sort="completedAt") == [done, failed]
    assert await ids(status="completed", workerId="worker-001") == [done]
    assert await ids(workerId="worker-001", sort="createdAt") == sorted([done, failed])
    assert await ids(workerId="nobody") == []
    assert set(await ids(status="queued")) == set(jobs) - {done, failed}
    assert await ids(status="running") == []
    page = (await cast.user.get("/jobs/list", limit="3")).body
    assert (page["total"], page["hasMore"]) == (4, True)
    for query in ({"status": "done"}, {"sort": "command"}, {"limit": "ten"}, {"offset": "1e3"}):
        [name] = query
        expect(
            await cast.user.get("/jobs/list", **query),
            400,
            invalid(like(f"{name} must be .*"), **{name: ANY}),
        )


async def test_a_job_is_cancelled_once(cast: Cast) -> None:
    job = await cast.user.submit()
    expect(
        await cast.user.post("/jobs/cancel", {"jobId": job}),
        200,
        {"success": True, "message": "Job cancelled", "jobId": job, "status": "cancelled"},
    )
    expect(
        await cast.user.post("/jobs/cancel", {"jobId": job}),
        409,
        error("Conflict", "The job is cancelled already", "INVALID_STATE"),
    )
    shown = await cast.user.status(job)
    assert (shown["status"], shown["exitCode"]) == ("cancelled", None)
    worker = await cast.admin.register()
    assert (await worker.get("/jobs/get-job")).status == 204


async def test_unknown_jobs_are_not_found(cast: Cast) -> None:
    for job in (NOBODY_S_JOB, "job-12345", "x", "00000000-0000-7000-8000-00000000dead"):
        expect(await cast.user.get("/jobs/status", jobId=job), 404, JOB_NOT_FOUND)
        expect(await cast.user.post("/jobs/cancel", {"jobId": job}), 404, JOB_NOT_FOUND)
    expect(await cast.user.get("/jobs/status"), 400, invalid("jobId is required", jobId="is required"))


async def test_the_same_key_makes_one_job(cast: Cast) -> None:
    headers = {"Idempotency-Key": uuid4().hex}
    answers = await asyncio.gather(
        *(cast.user.post("/jobs/submit", SUBMIT, headers=headers) for _ in range(4))
    )
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body["jobId"] for answer in answers}) == 1
    assert (await cast.user.get("/jobs/list")).body["total"] == 1
    expect(
        await cast.user.post("/jobs/submit", {"command": "other"}, headers=headers),
        409,
        error("Conflict", like("This Idempotency-Key was used .*"), "IDEMPOTENCY_CONFLICT"),
    )
