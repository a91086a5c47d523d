"""A claim that names its job: out of the queue wherever it waits, and back into it as any other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from tests.support.dispatching import (
    TEXT,
    FakeAgent,
    RestAgent,
    completed,
    dispatcher_settings,
    running_dispatcher,
    work_is_empty,
)
from tests.support.record import insert, new_job, row
from tests.support.servers import S3Access
from tests.support.waiting import until

from headrace_contracts.ids import new_id
from headrace_contracts.messages.requests import Answer, ReportKind
from headrace_runtime.jetstream.client import JetStream
from headrace_store.postgres import Pool


async def one_message(js: JetStream) -> bool:
    info = await js.nc.jsm().stream_info("WORK")
    return info.state.messages == 1


async def released(pool: Pool, js: JetStream) -> UUID:
    """A job that waits in WORK."""
    (job_id,) = await insert(pool, [new_job()])
    await until(lambda: one_message(js))
    return job_id


async def state(pool: Pool, job_id: UUID, wanted: str) -> bool:
    return bool((await row(pool, job_id))["state"] == wanted)


async def test_it_leaves_work_and_is_returned_like_any_other(
    record: Pool, js: JetStream, agent: RestAgent
) -> None:
    job_id = await released(record, js)
    job, token = await agent.claim(job=job_id, start=False)
    assert job is not None
    assert (job.id, job.attempt, bytes(job.payload)) == (job_id, 1, b'{"prompt": "hello"}')
    assert await work_is_empty(js)
    found = await row(record, job_id)
    assert (found["state"], found["released"], found["fence"]) == ("claimed", False, job.fence)
    assert (await agent.report(job_id, token, ReportKind.STARTED)).state == "running"
    assert (await agent.report(job_id, token, ReportKind.ALIVE)).answer is Answer.OK
    assert (await agent.report(job_id, token, ReportKind.COMPLETED)).answer is Answer.OK
    assert await record.fetchval("SELECT count(*) FROM leases") == 0
    assert await state(record, job_id, "completed")


async def test_a_job_that_only_the_record_holds_is_given_too(record: Pool, agent: RestAgent) -> None:
    # More than the window of the lane: the last ones are not in WORK.
    ids = await insert(record, [new_job() for _ in range(100)])
    job, _ = await agent.claim(job=ids[-1])
    assert job is not None
    assert job.id == ids[-1]
    assert (await row(record, ids[-1]))["state"] == "running"


async def test_why_a_job_can_not_be_had(record: Pool, agent: RestAgent) -> None:
    async def answer(job_id: UUID, **wishes: object) -> tuple[Answer | None, str]:
        reply, _ = await agent.ask_claim(job=job_id, **wishes)
        assert reply.job is None
        return reply.answer, reply.state

    later = datetime.now(UTC) + timedelta(hours=1)
    arm, scheduled, taken, tried = await insert(
        record, [new_job(platform="linux-arm64"), new_job(run_at=later), new_job(), new_job()]
    )
    await record.execute("UPDATE jobs SET run_at = $2 WHERE id = $1", tried, later)
    assert await answer(new_id()) == (Answer.NOT_FOUND, "")
    assert await answer(arm, platforms=["linux-amd64"]) == (Answer.INVALID_STATE, "queued")
    assert await answer(scheduled) == (Answer.INVALID_STATE, "scheduled")
    assert await answer(tried) == (Answer.INVALID_STATE, "queued")
    assert (await agent.claim(job=taken))[0] is not None
    assert await answer(taken) == (Answer.INVALID_STATE, "running")
    await agent.cancel(taken)
    assert await answer(taken) == (Answer.INVALID_STATE, "cancelled")
    assert (await agent.claim(job=arm, platforms=["linux-arm64"]))[0] is not None


async def test_an_agent_that_fetched_the_message_before_is_turned_away(
    record: Pool, js: JetStream, agent: RestAgent
) -> None:
    (job_id,) = await insert(record, [new_job()])
    fetcher = FakeAgent(js)
    message, work = await fetcher.fetch()
    job, token = await agent.claim(job=job_id)
    assert job is not None
    attempt = fetcher.attempt(message, work)
    assert (await fetcher.start(attempt)).jobs[0].verdict == "drop"
    assert (await fetcher.heartbeat(attempt)).stop == [attempt]
    # Nor is its outcome heard, should it have run the job without a start.
    await fetcher.tell(completed(attempt, b'"stale"'))
    other = await insert(record, [new_job()])
    assert await fetcher.run_one() == other[0]
    await until(lambda: state(record, other[0], "completed"))
    assert (await agent.report(job_id, token, ReportKind.COMPLETED)).answer is Answer.OK
    assert (await row(record, job_id))["result"] == '{"a": 1}'


@pytest.mark.parametrize("way", ["handed back", "lapsed"])
async def test_given_up_it_waits_again_and_runs_anywhere(
    record: Pool, js: JetStream, agent: RestAgent, way: str
) -> None:
    job_id = await released(record, js)
    job, token = await agent.claim(job=job_id, lease_s=0.3 if way == "lapsed" else 60)
    assert job is not None
    if way == "handed back":
        assert (await agent.report(job_id, token, ReportKind.HANDED_BACK)).state == "queued"
    fetcher = FakeAgent(js)
    message, work = await fetcher.fetch()
    attempt = fetcher.attempt(message, work)
    assert attempt.fence > job.fence
    counted = 1 if way == "lapsed" else 0
    assert (await fetcher.start(attempt)).jobs[0].attempt == 1 + counted
    assert (await agent.report(job_id, token, ReportKind.COMPLETED)).answer is Answer.FORBIDDEN
    await fetcher.tell(completed(attempt))
    await js.ack_many([message.reply])
    await until(lambda: state(record, job_id, "completed"))
    past = await record.fetchrow("SELECT outcome, agent FROM attempts WHERE job_id = $1", job_id)
    assert past is not None
    assert tuple(past) == ("lost" if way == "lapsed" else "handed_back", "rest-1")
    assert await work_is_empty(js)


async def test_the_last_attempt_that_lapses_fails(record: Pool, agent: RestAgent) -> None:
    (job_id,) = await insert(record, [new_job(max_attempts=1)])
    assert (await agent.claim(job=job_id, lease_s=0.3))[0] is not None
    await until(lambda: state(record, job_id, "failed"))
    assert (await row(record, job_id))["failure_code"] == "lost"


async def test_cancelled_while_it_is_held(record: Pool, js: JetStream, agent: RestAgent) -> None:
    job_id = await released(record, js)
    _, token = await agent.claim(job=job_id)
    assert (await agent.cancel(job_id)).state == "cancelled"
    assert (await agent.report(job_id, token, ReportKind.COMPLETED)).answer is Answer.INVALID_STATE
    assert await work_is_empty(js)


async def test_it_may_not_run_over_its_time(
    record: Pool, js: JetStream, nats_url: str, record_url: str, bucket: S3Access
) -> None:
    settings = dispatcher_settings(nats_url, record_url, bucket, timeout_grace_s=1.0)
    async with running_dispatcher(settings):
        (job_id,) = await insert(record, [new_job(timeout_s=0.3)])
        assert (await RestAgent(js).claim(job=job_id))[0] is not None
        await until(lambda: state(record, job_id, "failed"))
        assert (await row(record, job_id))["failure_code"] == "timeout"


async def test_neither_keeper_nor_reconcile_mind_that_it_has_no_message(
    record: Pool, js: JetStream, agent: RestAgent
) -> None:
    job_id = await released(record, js)
    job, token = await agent.claim(job=job_id)
    assert job is not None
    # A message that has no job is removed by the reconcile's second look: so two rounds have passed.
    for _ in range(2):
        await js.publish_many([(TEXT.subject(new_id()), b"{}", None, None)])
        await until(lambda: work_is_empty(js))
    found = await row(record, job_id)
    assert (found["state"], found["fence"], found["released"]) == ("running", job.fence, False)
    assert (await agent.report(job_id, token, ReportKind.COMPLETED)).answer is Answer.OK
