"""Seed 003, the worker's side: get a job, stream its output, hand in its result."""

from __future__ import annotations

import pytest
from tests.contract.jobserver.conftest import Cast, OpenSite
from tests.contract.jobserver.shapes import JOB_NOT_FOUND, UNAUTHORIZED, error, expect, invalid
from tests.support.transcript import ANY, like


async def test_a_job_goes_to_a_worker_and_back(cast: Cast) -> None:
    file = (await cast.user.upload(b"PK\x05\x06" + bytes(18), "project.zip")).body
    worker = await cast.admin.register("worker-001")
    assert (await worker.get("/jobs/get-job")).status == 204
    job = await cast.user.submit(
        "npm test", fileUrl=file["url"], workingDirectory="project", timeout=600, priority="normal"
    )
    got = await worker.get_job()
    url = f"{cast.origin}{file['url']}"
    assert got == {
        "jobId": job,
        "command": "npm test",
        "fileUrl": url,
        "workingDirectory": "project",
        "timeout": 600,
    }
    fetched = await worker.ask("GET", url)
    assert (fetched.status, fetched.body) == (200, b"PK\x05\x06" + bytes(18))
    expect(await cast.nobody.ask("GET", url), 401, UNAUTHORIZED)
    expect(
        await worker.post("/jobs/stream-output", {"jobId": job, "data": "test line 1\n", "type": "stdout"}),
        200,
        {"success": True, "received": True},
    )
    result = {
        "jobId": job,
        "workerId": "worker-001",
        "stdout": "test output...",
        "stderr": "",
        "exitCode": 0,
    }
    expect(
        await worker.post("/jobs/submit-result", result),
        200,
        {"success": True, "message": "Result saved", "jobId": job},
    )
    shown = await cast.user.status(job)
    assert (shown["status"], shown["exitCode"], shown["progress"]) == ("completed", 0, 100)
    # Nothing of what was said is lost.
    assert shown["stdout"] == "test line 1\ntest output..."
    expect(
        await worker.post("/jobs/submit-result", result),
        409,
        error("Conflict", "The job is completed already", "INVALID_STATE"),
    )
    late = {"jobId": job, "data": "late", "type": "stdout"}
    expect(await worker.post("/jobs/stream-output", late), 409, ANY)
    assert (await worker.get("/jobs/get-job")).status == 204


async def test_a_download_gives_the_same_file(cast: Cast) -> None:
    file = (await cast.user.upload(b"content", "a b.txt")).body
    worker = await cast.admin.register()
    for caller in (cast.user, worker):
        for path in (
            f"/files/download/{file['fileId']}",
            f"!{file['url']}",
            file["url"],  # below /api, for clients that put it there
        ):
            answer = await caller.ask("GET", path)
            assert (answer.status, answer.body) == (200, b"content"), (path, answer)
            assert answer.headers["Content-Disposition"] == 'attachment; filename="a b.txt"'


async def test_a_non_zero_exit_code_fails_the_job(cast: Cast) -> None:
    worker = await cast.admin.register()
    job = await cast.user.submit("false")
    await worker.get_job()
    assert (await worker.finish(job, 3, stdout="so far", stderr="no such file\n")).status == 200
    shown = await cast.user.status(job)
    assert (shown["status"], shown["exitCode"], shown["error"]) == ("failed", 3, "exit code 3")
    assert (shown["stdout"], shown["stderr"]) == ("so far", "no such file\n")
    # It is the command that failed, not the worker: it is not run again.
    assert (await worker.get("/jobs/get-job")).status == 204


@pytest.mark.parametrize(
    ("streamed", "final", "shown"),
    [
        ([], "all", "all"),
        (["a\n", "b\n"], "a\nb\n", "a\nb\n"),
        (["a\n", "b\n"], "a\nb\nc\n", "a\nb\nc\n"),
        (["a\n", "b\n"], "b\n", "a\nb\n"),
        (["a\n"], "other", "a\nother"),
        (["a\n"], "", "a\n"),
        (["a\n"], None, "a\n"),
        (["nul \x00 and ü𝄞"], "nul \x00 and ü𝄞", "nul \ufffd and ü𝄞"),
    ],
)
async def test_the_final_output_completes_what_was_streamed(
    cast: Cast, streamed: list[str], final: str | None, shown: str
) -> None:
    worker = await cast.admin.register()
    job = await cast.user.submit()
    await worker.get_job()
    for text in streamed:
        assert (await worker.post("/jobs/stream-output", {"jobId": job, "data": text})).status == 200
    assert (await worker.finish(job, stdout=final)).status == 200
    assert (await cast.user.status(job))["stdout"] == shown


async def test_long_output_is_kept_whole_and_its_end_shown(cast: Cast) -> None:
    worker = await cast.admin.register()
    job = await cast.user.submit()
    await worker.get_job()
    lines = "".join(f"line {n:09d}\n" for n in range(150_000))  # 2.2 MB
    half = len(lines) // 2
    said = {"jobId": job, "data": lines[:half], "type": "stdout"}
    assert (await worker.post("/jobs/stream-output", said)).status == 200
    shown = await cast.user.status(job)
    assert shown["stdoutTruncated"] is True
    assert lines[:half].endswith(shown["stdout"])
    assert len(shown["stdout"]) == 1024 * 1024
    assert (await worker.finish(job, stdout=lines, stderr="e" * 400_000)).status == 200
    shown = await cast.user.status(job)
    assert lines.endswith(shown["stdout"])
    assert shown["stderr"] == "e" * 400_000
    assert "stderrTruncated" not in shown


async def test_a_worker_that_asks_again_gets_the_job_that_it_holds(cast: Cast) -> None:
    worker, other = await cast.admin.register(), await cast.admin.register()
    first, second = await cast.user.submit("one"), await cast.user.submit("two")
    got = await worker.get_job()
    assert await worker.get_job() == got
    assert {got["jobId"], (await other.get_job())["jobId"]} == {first, second}
    await worker.finish(got["jobId"])
    assert (await worker.get("/jobs/get-job")).status == 204


async def test_a_worker_hears_that_its_job_was_cancelled(cast: Cast) -> None:
    worker = await cast.admin.register()
    job = await cast.user.submit()
    await worker.get_job()
    beat = {"status": "busy", "currentJobId": job}
    assert "stopJobId" not in (await worker.post("/workers/heartbeat", beat)).body
    assert (await cast.user.post("/jobs/cancel", {"jobId": job})).status == 200
    assert (await worker.post("/workers/heartbeat", beat)).body["stopJobId"] == job
    assert (await worker.post("/jobs/stream-output", {"jobId": job, "data": "x"})).status in {404, 409}
    assert (await worker.finish(job)).status in {404, 409}
    assert (await cast.user.status(job))["status"] == "cancelled"


async def test_only_the_holder_speaks_for_a_job(cast: Cast) -> None:
    worker, colleague = await cast.admin.register(), await cast.admin.register()
    stranger = await cast.stranger.register()
    job = await cast.user.submit()
    await worker.get_job()
    for other in (colleague, stranger):
        expect(await other.finish(job), 404, JOB_NOT_FOUND)
        expect(await other.post("/jobs/stream-output", {"jobId": job, "data": "x"}), 404, JOB_NOT_FOUND)
    mine = await worker.post("/jobs/submit-result", {"jobId": job, "exitCode": 0, "workerId": "someone"})
    assert mine.status == 403
    assert (await cast.user.status(job))["status"] == "running"


@pytest.mark.parametrize(
    ("path", "body", "answer"),
    [
        (
            "/jobs/submit-result",
            {},
            invalid(like("jobId is required; exitCode is required"), jobId=ANY, exitCode=ANY),
        ),
        (
            "/jobs/submit-result",
            {"jobId": "x", "exitCode": "0"},
            invalid("exitCode must be a whole number", exitCode=ANY),
        ),
        (
            "/jobs/submit-result",
            {"jobId": "x", "exitCode": 2**31},
            invalid(like("exitCode .*less than 2147483648"), exitCode=ANY),
        ),
        ("/jobs/stream-output", {"jobId": "x"}, invalid("data is required", data=ANY)),
        (
            "/jobs/stream-output",
            {"jobId": "x", "data": "", "type": "stdin"},
            invalid(like("type .*'stdout' or 'stderr'"), type=ANY),
        ),
    ],
)
async def test_what_a_worker_says_is_checked(cast: Cast, path: str, body: object, answer: object) -> None:
    worker = await cast.admin.register()
    expect(await worker.post(path, body), 400, answer)


async def test_commands_of_another_account_are_never_seen(cast: Cast, open_site: OpenSite) -> None:
    job = await cast.user.submit()
    stranger, anybody = await cast.stranger.register(), await cast.nobody.register()
    for worker in (stranger, anybody):
        assert (await worker.get("/jobs/get-job")).status == 204
    # Nor by an agent that takes every model.
    headers = {"Authorization": "Bearer test-agent-token"}
    url = f"{open_site.site.url}/radiance/airunner/agent/claim"
    answer = await cast.nobody.ask("POST", url, headers=headers)
    assert answer.status == 204, answer
    assert (await cast.user.status(job))["status"] == "queued"
