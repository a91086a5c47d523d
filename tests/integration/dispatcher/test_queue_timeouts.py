"""Jobs that are to start by a time, and do not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from tests.support.dispatching import FakeAgent, RestAgent, work_is_empty
from tests.support.record import new_job, row
from tests.support.waiting import until

from headrace_contracts.messages.requests import Answer, ReportKind
from headrace_dispatcher.store.attempts import AttemptStore
from headrace_runtime.jetstream.client import JetStream
from headrace_store.jobs.unit import Extras, Unit, submit_unit
from headrace_store.postgres import Pool


async def submitted(
    pool: Pool, queue_timeout_s: float, *, run_at: datetime | None = None, webhook_url: str | None = None
) -> UUID:
    """A job with a queue timeout, stored as the API does."""
    job = new_job(run_at=run_at, webhook_url=webhook_url)
    await submit_unit(pool, Unit(jobs=[job], extras=[Extras(job_id=job.id, queue_timeout_s=queue_timeout_s)]))
    return job.id


async def state(pool: Pool, job_id: UUID) -> str:
    return str((await row(pool, job_id))["state"])


async def overtaken(pool: Pool, job_id: UUID) -> None:
    """Let its time be over."""
    await pool.execute("UPDATE jobs SET start_by = now() - interval '1 second' WHERE id = $1", job_id)


async def looked_at_again(pool: Pool) -> None:
    """A later job is over: whatever was late before it was looked at."""
    marker = await submitted(pool, 0.001)
    await until(lambda: state(pool, marker), lambda found: found == "failed")


async def test_a_job_in_work_that_nobody_starts_fails_and_leaves_work(
    record: Pool, js: JetStream, agent: RestAgent
) -> None:
    job_id = await submitted(record, 0.5, webhook_url="http://127.0.0.1:9/hook")
    await until(lambda: state(record, job_id), lambda found: found == "failed")
    found = await row(record, job_id)
    assert (found["failure_code"], found["attempt"]) == ("queue_timeout", 0)
    assert found["failure_reason"] == "it did not start within its queue timeout of 0.5 seconds"
    assert found["finished_at"] >= found["created_at"] + timedelta(seconds=0.5)
    await until(lambda: work_is_empty(js))
    assert (
        await record.fetchval("SELECT event FROM webhook_deliveries WHERE job_id = $1", job_id)
        == "job.failed"
    )
    assert await record.fetchval("SELECT code FROM dead_letters WHERE job_id = $1", job_id) == "queue_timeout"
    assert (await agent.claim())[0] is None


async def test_who_had_fetched_its_message_is_turned_away(
    record: Pool, js: JetStream, dispatching: None
) -> None:
    job_id = await submitted(record, 3600)
    agent = FakeAgent(js)
    message, work = await agent.fetch()
    await overtaken(record, job_id)
    await until(lambda: state(record, job_id), lambda found: found == "failed")
    assert (await agent.start(agent.attempt(message, work))).jobs[0].verdict == "drop"
    assert await state(record, job_id) == "failed"


async def test_a_scheduled_job_has_its_time_from_its_schedule_on(record: Pool, agent: RestAgent) -> None:
    at = datetime.now(UTC) + timedelta(hours=1)
    job_id = await submitted(record, 30, run_at=at)
    assert (await row(record, job_id))["start_by"] == at + timedelta(seconds=30)
    later = at + timedelta(hours=1)
    assert (await agent.schedule(job_id, run_at=later)).answer is Answer.OK
    assert (await row(record, job_id))["start_by"] == later + timedelta(seconds=30)
    await overtaken(record, job_id)
    await until(lambda: state(record, job_id), lambda found: found == "failed")


async def test_what_runs_or_has_begun_once_is_not_late(record: Pool, agent: RestAgent) -> None:
    runs = await submitted(record, 3600)
    await agent.claim(job=runs)
    await overtaken(record, runs)
    await looked_at_again(record)
    assert await state(record, runs) == "running"
    # Its agent is lost: it waits again, however long.
    await record.execute("UPDATE leases SET expires_at = now() WHERE job_id = $1", runs)
    await until(lambda: state(record, runs), lambda found: found == "queued")
    assert (await row(record, runs))["start_by"] is None
    await looked_at_again(record)
    assert await state(record, runs) == "queued"


async def test_a_job_that_is_handed_back_waits_anew(record: Pool, agent: RestAgent) -> None:
    job_id = await submitted(record, 3600)
    _, token = await agent.claim(job=job_id)
    await overtaken(record, job_id)
    assert (await agent.report(job_id, token, ReportKind.HANDED_BACK)).answer is Answer.OK
    found = await row(record, job_id)
    assert found["start_by"] > datetime.now(UTC) + timedelta(seconds=3500)
    await looked_at_again(record)
    assert await state(record, job_id) == "queued"


async def test_what_is_late_the_longest_comes_first(record: Pool) -> None:
    jobs = [await submitted(record, seconds) for seconds in (0.002, 0.001, 3600)]
    start_by = {job_id: (await row(record, job_id))["start_by"] for job_id in jobs[:2]}
    store = AttemptStore(record)
    late = await until(lambda: store.late(10), lambda found: len(found) == 2)
    assert late == sorted(start_by, key=lambda job_id: start_by[job_id])
    assert await store.late(1) == late[:1]
