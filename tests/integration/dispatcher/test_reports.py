"""What the holder of a claim says of its run: output, progress, files and exit codes."""

from __future__ import annotations

import asyncio
import json
from uuid import UUID

import msgspec
import pytest
from tests.support.dispatching import FakeAgent, RestAgent, completed
from tests.support.record import insert, new_job, row
from tests.support.waiting import until

from headrace_contracts.limits import OUTPUT_BYTES
from headrace_contracts.messages.events import FileRef, Output
from headrace_contracts.messages.requests import Answer, AnswerReply, ReportKind
from headrace_runtime.jetstream.client import JetStream
from headrace_store.postgres import Pool

FILES = [FileRef(key=f"results/{name}", name=name, mime="text/plain", size=3) for name in ("a.txt", "b.txt")]


async def held(record: Pool, agent: RestAgent) -> tuple[UUID, str]:
    (job_id,) = await insert(record, [new_job()])
    _, token = await agent.claim(job=job_id)
    return job_id, token


async def chunks(record: Pool, job_id: UUID) -> list[tuple[object, ...]]:
    rows = await record.fetch(
        "SELECT seq, stream, text, ref, size FROM job_output WHERE job_id = $1 ORDER BY fence, seq", job_id
    )
    return [tuple(found) for found in rows]


@pytest.mark.parametrize(("kind", "state"), [("completed", "completed"), ("failed", "failed")])
async def test_an_outcome_keeps_its_exit_code_files_and_result(
    record: Pool, agent: RestAgent, kind: str, state: str
) -> None:
    job_id, token = await held(record, agent)
    answer = await agent.report(
        job_id, token, ReportKind(kind), exit_code=0 if kind == "completed" else 3, extra_files=FILES
    )
    assert (answer.answer, answer.state) == (Answer.OK, state)
    found = await row(record, job_id)
    assert found["exit_code"] == (0 if kind == "completed" else 3)
    assert [file["name"] for file in json.loads(found["extra_files"])] == ["a.txt", "b.txt"]
    assert found["result"] == '{"a": 1}'
    assert found["failure_reason"] == (None if kind == "completed" else "why")


async def test_the_files_of_an_event_are_kept(record: Pool, js: JetStream, dispatching: None) -> None:
    (job_id,) = await insert(record, [new_job()])
    agent = FakeAgent(js)
    message, work = await agent.fetch()
    attempt = agent.attempt(message, work)
    await agent.start(attempt)
    own = [msgspec.structs.replace(file, key=f"results/{job_id}/{file.name}") for file in FILES]
    await agent.tell(msgspec.structs.replace(completed(attempt), extra_files=own))

    async def files() -> str | None:
        text: str | None = (await row(record, job_id))["extra_files"]
        return text

    assert msgspec.json.decode(await until(files), type=list[FileRef]) == own


async def test_an_agent_can_not_pass_off_the_file_of_another_job(
    record: Pool, js: JetStream, dispatching: None
) -> None:
    (theirs,) = await insert(record, [new_job()])
    (job_id,) = await insert(record, [new_job(max_attempts=1)])
    agent = FakeAgent(js)
    for _ in range(2):
        message, work = await agent.fetch()
        attempt = agent.attempt(message, work)
        await agent.start(attempt)
        stolen = FileRef(key=f"uploads/{theirs}/secret.txt", name="a.txt", mime="text/plain", size=1)
        await agent.tell(msgspec.structs.replace(completed(attempt), file=stolen))
        await js.ack_many([message.reply])

    async def ended() -> bool:
        return bool((await row(record, job_id))["state"] == "failed")

    await until(ended)
    found = await row(record, job_id)
    assert (found["failure_code"], found["file_key"]) == ("transfer", None)
    assert found["failure_reason"] == "the agent named a file that is not of this job"


async def test_output_is_numbered_as_it_comes(record: Pool, agent: RestAgent) -> None:
    job_id, token = await held(record, agent)

    async def say(text: str, **fields: object) -> AnswerReply:
        return await agent.report(job_id, token, ReportKind.OUTPUT, text=text, **fields)

    assert (await say("one\n")).output_left == OUTPUT_BYTES - 64
    assert (await say("t\x00wo\n", stream="stderr")).answer is Answer.OK
    assert (await say("", ref="output/x", size=7)).answer is Answer.OK
    assert await chunks(record, job_id) == [
        (0, "stdout", "one\n", None, 4),
        (1, "stderr", "t\ufffdwo\n", None, 7),
        (2, "stdout", "", "output/x", 7),
    ]


async def test_output_that_the_record_has_no_room_for_is_refused_with_what_is_left(
    record: Pool, agent: RestAgent
) -> None:
    job_id, token = await held(record, agent)
    large = "ü" * (OUTPUT_BYTES // 2 - 50)
    answer = await agent.report(job_id, token, ReportKind.OUTPUT, text=large)
    assert (answer.answer, answer.output_left) == (Answer.OK, 100)
    answer = await agent.report(job_id, token, ReportKind.OUTPUT, text="x" * 101)
    assert (answer.answer, answer.output_left) == (Answer.FULL, 100)
    assert (await agent.report(job_id, token, ReportKind.OUTPUT, text="x" * 100)).output_left == 0
    assert (await agent.report(job_id, token, ReportKind.OUTPUT, text="x")).answer is Answer.FULL
    # Its place in S3 is taken all the same.
    answer = await agent.report(job_id, token, ReportKind.OUTPUT, text="x", ref="output/y", size=1)
    assert (answer.answer, answer.output_left) == (Answer.OK, 0)
    assert [chunk[3] for chunk in await chunks(record, job_id)] == [None, None, "output/y"]


async def test_many_reports_of_output_at_once_lose_nothing(record: Pool, agent: RestAgent) -> None:
    job_id, token = await held(record, agent)
    lines = [f"line {number}" for number in range(30)]
    answers = await asyncio.gather(
        *(agent.report(job_id, token, ReportKind.OUTPUT, text=line) for line in lines)
    )
    assert {answer.answer for answer in answers} == {Answer.OK}
    found = await chunks(record, job_id)
    assert [chunk[0] for chunk in found] == list(range(30))
    assert sorted(str(chunk[2]) for chunk in found) == sorted(lines)


async def test_progress_goes_forward_only(record: Pool, agent: RestAgent) -> None:
    job_id, token = await held(record, agent)
    for percent, expected in ((30.0, 30.0), (20.0, 30.0), (150.0, 100.0)):
        answer = await agent.report(
            job_id, token, ReportKind.PROGRESS, percent=percent, text=f"at {percent:g}"
        )
        assert answer.answer is Answer.OK
        assert (await row(record, job_id))["progress"] == expected
    assert (await row(record, job_id))["progress_message"] == "at 150"


@pytest.mark.parametrize("kind", [ReportKind.OUTPUT, ReportKind.PROGRESS])
async def test_output_and_progress_want_the_claim_and_renew_it(
    record: Pool, agent: RestAgent, kind: ReportKind
) -> None:
    job_id, token = await held(record, agent)
    before = await record.fetchval("SELECT expires_at FROM leases")
    assert (await agent.report(job_id, token, kind, text="x", percent=1)).answer is Answer.OK
    assert await record.fetchval("SELECT expires_at FROM leases") > before
    stranger = await agent.report(job_id, "00" * 32, kind, text="y", percent=99)
    assert stranger.answer is Answer.FORBIDDEN
    await agent.report(job_id, token, ReportKind.HANDED_BACK)
    assert (await agent.report(job_id, token, kind, text="y", percent=99)).answer is Answer.FORBIDDEN
    found = await row(record, job_id)
    assert found["progress"] is None
    assert "y" not in [chunk[2] for chunk in await chunks(record, job_id)]


async def test_output_of_an_agent_with_a_nul_in_it_is_kept(
    record: Pool, js: JetStream, dispatching: None
) -> None:
    (job_id,) = await insert(record, [new_job()])
    agent = FakeAgent(js)
    message, work = await agent.fetch()
    attempt = agent.attempt(message, work)
    await agent.start(attempt)
    await agent.tell(
        Output(id=attempt.id, fence=attempt.fence, seq=0, text="a\x00b"),
        Output(id=attempt.id, fence=attempt.fence, seq=1, text="c", stream="stderr"),
        Output(id=attempt.id, fence=attempt.fence, seq=0, text="twice"),
    )

    async def both() -> bool:
        return len(await chunks(record, job_id)) == 2

    await until(both)
    kept = await chunks(record, job_id)
    assert [chunk[1] for chunk in kept] == ["stdout", "stderr"]
