"""An agent that was given up wakes up after its job went elsewhere: it can do nothing to it (DESIGN, promise 2)."""

from __future__ import annotations

from uuid import UUID

import aiohttp
import pytest
from tests.support.dispatching import FakeAgent, RestAgent, completed
from tests.support.record import insert, new_job, row
from tests.support.servers import S3Access
from tests.support.small_dispatcher import presigned
from tests.support.waiting import until
from yarl import URL

from headrace_contracts.bus import subjects
from headrace_contracts.messages.agents import Attempt, UploadReply, UploadRequest
from headrace_contracts.messages.events import (
    Completed,
    Failed,
    FailureCode,
    FileRef,
    HandedBack,
    Output,
    Progressed,
)
from headrace_contracts.messages.requests import Answer, ReportKind
from headrace_dispatcher.reconcile.events import progress
from headrace_runtime.jetstream.client import JetStream
from headrace_store.jobs.find import JobFinder
from headrace_store.postgres import Pool

FILE = "picture.png"
MIME = "image/png"


async def place(agent: FakeAgent, attempt: Attempt) -> UploadReply:
    """Where the attempt may put its result."""
    request = UploadRequest(id=attempt.id, fence=attempt.fence, filename=FILE, mime=MIME, size=3)
    return await agent.ask(subjects.UPLOAD, request, UploadReply)


async def put(url: str | None, content: bytes) -> None:
    assert url is not None
    async with (
        aiohttp.ClientSession() as session,
        session.put(url, data=content, headers={"Content-Type": MIME}) as answer,
    ):
        assert answer.status == 200


async def content_of(bucket: S3Access, key: str) -> bytes:
    async with (
        aiohttp.ClientSession() as session,
        session.get(URL(await presigned(bucket, "get_object", Key=key), encoded=True)) as answer,
    ):
        assert answer.status == 200
        return await answer.read()


async def started(agent: FakeAgent) -> tuple[Attempt, int, str]:
    """The next job, started: its attempt, the attempt's number, and what its message is acked by."""
    message, work = await agent.fetch()
    attempt = agent.attempt(message, work)
    reply = await agent.start(attempt)
    assert reply.jobs[0].verdict == "go", reply
    return attempt, reply.jobs[0].attempt, message.reply


def all_that_can_be_said(
    attempt: Attempt, key: str
) -> tuple[Output, Progressed, Completed, Failed, HandedBack]:
    done = completed(attempt)
    return (
        Output(id=attempt.id, fence=attempt.fence, seq=7, text="from the grave", stream="stdout"),
        Progressed(id=attempt.id, fence=attempt.fence, percent=99, message="from the grave"),
        Completed(
            id=attempt.id,
            fence=attempt.fence,
            started_at=done.started_at,
            finished_at=done.finished_at,
            result=done.result,
            file=FileRef(key=key, name=FILE, mime=MIME, size=3),
        ),
        Failed(
            id=attempt.id,
            fence=attempt.fence,
            started_at=done.started_at,
            finished_at=done.finished_at,
            code=FailureCode.HANDLER,
            reason="from the grave",
        ),
        HandedBack(id=attempt.id, fence=attempt.fence, reason="from the grave"),
    )


async def all_recorded(js: JetStream) -> None:
    async def done() -> bool:
        seen = await progress(js)
        return seen.recorded == seen.published

    await until(done, what="the recorder")


@pytest.mark.parametrize("how", ["lost", "handed back"])
async def test_a_jetstream_agent_that_wakes_up_late_changes_nothing(
    record: Pool, js: JetStream, bucket: S3Access, dispatching: None, how: str
) -> None:
    (job_id,) = await insert(record, [new_job()])
    zombie, other = FakeAgent(js, "zombie"), FakeAgent(js, "other")
    old, number, old_reply = await started(zombie)
    old_place = await place(zombie, old)
    if how == "handed back":
        await zombie.tell(HandedBack(id=old.id, fence=old.fence, reason="the agent was stopped"))
        await all_recorded(js)
    await js.nak(old_reply, 0)
    new, new_number, new_reply = await started(other)
    assert new_number == (number if how == "handed back" else number + 1)
    new_place = await place(other, new)
    await put(new_place.url, b"new")

    # It wakes up. Its URL can't be taken back; its ack is one of the message that another agent holds now.
    await put(old_place.url, b"old")
    assert (await place(zombie, old)).url is None
    await zombie.tell(*all_that_can_be_said(old, old_place.key))
    await js.ack_many([old_reply])
    await all_recorded(js)
    found = await row(record, job_id)
    assert (found["state"], found["fence"], found["agent"]) == ("running", new.fence, "other")
    assert found["progress"] is None
    assert await output_of(record, job_id) == []

    # The attempt that holds it goes on as if nothing had been, and once it is over nothing changes either.
    outcome = all_that_can_be_said(new, new_place.key)
    await other.tell(outcome[0], outcome[1], outcome[2])
    await js.ack_many([new_reply])
    await zombie.tell(*all_that_can_be_said(old, old_place.key))
    await put(old_place.url, b"old")
    await all_recorded(js)
    found = await row(record, job_id)
    assert (found["state"], found["fence"], found["agent"]) == ("completed", new.fence, "other")
    assert await content_of(bucket, found["file_key"]) == b"new"
    assert found["attempt"] == new_number
    assert await output_of(record, job_id) == ["from the grave"]
    past = await record.fetch("SELECT fence, outcome FROM attempts WHERE job_id = $1", job_id)
    assert [tuple(one) for one in past] == [(old.fence, "lost" if how == "lost" else "handed_back")]


async def output_of(record: Pool, job_id: UUID) -> list[str]:
    """What a client reads."""
    return [chunk.text for chunk in await JobFinder(record).output(job_id, stream=None, after=-1, limit=100)]


@pytest.mark.parametrize("how", ["lapsed", "handed back"])
async def test_the_token_of_an_old_claim_opens_nothing(
    record: Pool, js: JetStream, agent: RestAgent, how: str
) -> None:
    (job_id,) = await insert(record, [new_job()])
    first, old = await agent.claim()
    assert first is not None
    if how == "lapsed":
        await record.execute("UPDATE leases SET expires_at = now()")
    else:
        await agent.report(job_id, old, ReportKind.HANDED_BACK)
    other = RestAgent(js, "other")

    async def again() -> tuple[UUID, int, str] | None:
        job, token = await other.claim()
        return None if job is None else (job.id, job.fence, token)

    _, fence, token = await until(again)
    lease = await record.fetchval("SELECT expires_at FROM leases")
    for kind in ReportKind:
        said = await agent.report(job_id, old, kind, text="from the grave", percent=99)
        assert said.answer is Answer.FORBIDDEN, kind
    found = await row(record, job_id)
    assert (found["state"], found["fence"], found["agent"]) == ("running", fence, "other")
    assert found["progress"] is None
    assert await output_of(record, job_id) == []
    assert await record.fetchval("SELECT expires_at FROM leases") == lease
    assert (await other.report(job_id, token, ReportKind.COMPLETED)).answer is Answer.OK
    for kind in ReportKind:
        assert (await agent.report(job_id, old, kind)).answer is Answer.FORBIDDEN
    found = await row(record, job_id)
    assert (found["state"], found["agent"], found["result"]) == ("completed", "other", '{"a": 1}')


async def test_the_lease_of_a_claim_ends_when_another_agent_takes_over(
    record: Pool, js: JetStream, agent: RestAgent
) -> None:
    (job_id,) = await insert(record, [new_job()])
    job, old = await agent.claim()
    assert job is not None
    # No dispatcher kept its message in progress for a while, and a JetStream agent got it.
    await js.nak(await record.fetchval("SELECT ack_subject FROM leases WHERE job_id = $1", job_id), 0)
    new, number, _ = await started(FakeAgent(js, "other"))
    assert (new.id, number) == (job_id, 2)
    # Else the message would be kept in progress for it, and would not come again if the other agent died.
    assert await record.fetchval("SELECT count(*) FROM leases") == 0
    assert (await agent.report(job_id, old, ReportKind.ALIVE)).answer is Answer.FORBIDDEN
