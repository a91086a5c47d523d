"""A job can be cancelled wherever it stands, once; one that is over refuses, and says how it ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from nats.aio.msg import Msg
from tests.support.dispatching import FakeAgent, RestAgent, completed, work_is_empty
from tests.support.record import insert, new_job, row
from tests.support.waiting import until

from headrace_contracts.bus import subjects
from headrace_contracts.jobs.state import FINAL, JobState
from headrace_contracts.messages.agents import Stop
from headrace_contracts.messages.codec import decode
from headrace_contracts.messages.requests import Answer, ReportKind
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.nats import settled
from headrace_store.postgres import Pool

HOOK = "http://127.0.0.1:9/hook"


async def one_job(record: Pool, **changes: object) -> UUID:
    (job_id,) = await insert(record, [new_job(webhook_url=HOOK, export=True, **changes)])
    return job_id


async def cancelled(record: Pool, agent: RestAgent, job_id: UUID, state: JobState) -> None:
    """Cancel the job, which is in ``state``: it works once, and its owner hears of it once."""
    assert (await row(record, job_id))["state"] == state
    said = await agent.cancel(job_id)
    assert (said.answer, said.state) == (Answer.OK, "cancelled"), said
    found = await row(record, job_id)
    assert found["state"] == "cancelled"
    assert said.at == found["finished_at"]
    again = await agent.cancel(job_id)
    assert (again.answer, again.state, again.at) == (Answer.INVALID_STATE, "cancelled", said.at)
    hooks = await record.fetch("SELECT event FROM webhook_deliveries WHERE job_id = $1", job_id)
    assert [hook["event"] for hook in hooks] == ["job.cancelled"]
    assert await record.fetchval("SELECT count(*) FROM leases WHERE job_id = $1", job_id) == 0


async def test_a_job_that_waits_is_cancelled(record: Pool, js: JetStream, agent: RestAgent) -> None:
    scheduled = await one_job(record, run_at=datetime.now(UTC) + timedelta(hours=1))
    await cancelled(record, agent, scheduled, JobState.SCHEDULED)
    # Nobody has rung for this one, and a pause keeps it where it is.
    await record.execute("INSERT INTO paused_pools (pool) VALUES ('image-classification')")
    unreleased = await one_job(record, pool="image-classification")
    await cancelled(record, agent, unreleased, JobState.QUEUED)
    assert not (await row(record, unreleased))["released"]
    released = await one_job(record)

    async def in_work() -> bool:
        return bool((await row(record, released))["released"]) and not await work_is_empty(js)

    await until(in_work)
    await cancelled(record, agent, released, JobState.QUEUED)
    await until(lambda: work_is_empty(js))


async def test_a_job_that_is_held_over_rest_is_cancelled(
    record: Pool, js: JetStream, agent: RestAgent
) -> None:
    for start, state in ((False, JobState.CLAIMED), (True, JobState.RUNNING)):
        job_id = await one_job(record)
        job, token = await agent.claim(start=start)
        assert job is not None
        await cancelled(record, agent, job_id, state)
        for kind in (ReportKind.COMPLETED, ReportKind.FAILED, ReportKind.ALIVE, ReportKind.HANDED_BACK):
            said = await agent.report(job_id, token, kind)
            assert (said.answer, said.state) == (Answer.INVALID_STATE, "cancelled")
        by_name = await one_job(record)
        assert (await agent.claim(job=by_name, start=start))[0] is not None
        await cancelled(record, agent, by_name, state)
    await until(lambda: work_is_empty(js))


async def test_a_job_that_a_jetstream_agent_runs_is_cancelled(
    record: Pool, js: JetStream, agent: RestAgent
) -> None:
    runner = FakeAgent(js)
    heard: list[Stop] = []

    async def on_stop(message: Msg) -> None:
        heard.append(decode(message.data, Stop))

    await js.nc.subscribe(subjects.stop(runner.instance), cb=on_stop)
    await settled(js.nc)
    job_id = await one_job(record)
    message, work = await runner.fetch()
    attempt = runner.attempt(message, work)
    await runner.start(attempt)
    await cancelled(record, agent, job_id, JobState.RUNNING)

    async def told() -> list[Stop]:
        return heard

    await until(told)
    assert [(stop.id, stop.fence) for stop in heard] == [(job_id, attempt.fence)]
    # Should it not have heard: its next heartbeat tells it too.
    assert (await runner.heartbeat(attempt)).stop == [attempt]
    await runner.tell(completed(attempt))
    await js.ack_many([message.reply])
    await until(lambda: work_is_empty(js))
    assert (await row(record, job_id))["state"] == "cancelled"


async def test_a_staged_job_is_cancelled(record: Pool, agent: RestAgent) -> None:
    job_id = await one_job(record)
    await record.execute("UPDATE jobs SET staging = true WHERE id = $1", job_id)
    _, token = await agent.claim(job=job_id)
    assert (await agent.report(job_id, token, ReportKind.COMPLETED)).state == "staged"
    await cancelled(record, agent, job_id, JobState.STAGED)
    assert (await agent.approve(job_id)).answer is Answer.INVALID_STATE


async def test_a_job_that_is_over_refuses(record: Pool, agent: RestAgent) -> None:
    for kind, state in ((ReportKind.COMPLETED, "completed"), (ReportKind.FAILED, "failed")):
        job_id = await one_job(record)
        _, token = await agent.claim(job=job_id)
        await agent.report(job_id, token, kind)
        before = await row(record, job_id)
        said = await agent.cancel(job_id)
        assert (said.answer, said.state, said.at) == (Answer.INVALID_STATE, state, before["finished_at"])
        assert await row(record, job_id) == before
        assert JobState(state) in FINAL
    assert (await agent.cancel(new_job().id)).answer is Answer.NOT_FOUND
