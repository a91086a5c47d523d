"""The way of a job through the dispatcher: record, WORK, start, EVENTS, record."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.support.dispatching import FakeAgent, completed
from tests.support.record import insert, new_job, row
from tests.support.waiting import until

from headrace_contracts.jobs.lane import ANY_PLATFORM, Lane
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.messages.agents import Attempt
from headrace_contracts.messages.events import Failed, FailureCode, HandedBack
from headrace_runtime.jetstream.client import JetStream
from headrace_store.postgres import Pool


async def state_of(pool: Pool, job_id: object, wanted: str) -> bool:
    return bool(await pool.fetchval("SELECT 1 FROM jobs WHERE id = $1 AND state = $2", job_id, wanted))


async def test_a_job_is_released_run_and_recorded(record: Pool, js: JetStream, dispatching: None) -> None:
    (job_id,) = await insert(record, [new_job(export=True, webhook_url="http://127.0.0.1:9/hook")])
    assert await FakeAgent(js).run_one() == job_id
    await until(lambda: state_of(record, job_id, "completed"))
    found = await row(record, job_id)
    assert found["result"] == '{"ok": true}'
    assert (found["attempt"], found["agent"], found["epoch"]) == (1, "agent-1", 1)
    assert found["started_at"] <= found["finished_at"]
    assert (
        await record.fetchval("SELECT event FROM webhook_deliveries WHERE job_id = $1", job_id)
        == "job.completed"
    )
    assert await record.fetchval("SELECT count(*) FROM exports WHERE job_id = $1", job_id) == 1


async def test_urgent_goes_first_then_the_oldest(record: Pool, js: JetStream, dispatching: None) -> None:
    jobs = [new_job(priority=priority) for priority in (1, 1, 3)]
    await insert(record, jobs)
    agent = FakeAgent(js)
    urgent = Lane(ANY_PLATFORM, "text-generation", Priority.URGENT)
    assert await agent.run_one(urgent) == jobs[2].id
    assert [await agent.run_one(), await agent.run_one()] == [jobs[0].id, jobs[1].id]


async def test_an_outcome_without_a_start_is_enough(record: Pool, js: JetStream, dispatching: None) -> None:
    (job_id,) = await insert(record, [new_job()])
    agent = FakeAgent(js)
    message, work = await agent.fetch()
    await agent.tell(completed(agent.attempt(message, work)))
    await until(lambda: state_of(record, job_id, "completed"))
    assert (await row(record, job_id))["attempt"] == 1


async def test_the_outcome_of_an_older_attempt_changes_nothing(
    record: Pool, js: JetStream, dispatching: None
) -> None:
    (job_id,) = await insert(record, [new_job()])
    old, new = FakeAgent(js, "old"), FakeAgent(js, "new")
    message, work = await old.fetch()
    first = old.attempt(message, work)
    assert (await old.start(first)).jobs[0].verdict == "go"
    await js.nak(message.reply, 0)
    message, work = await new.fetch()
    second = new.attempt(message, work)
    assert second.fence > first.fence
    assert (await new.start(second)).jobs[0].attempt == 2
    await old.tell(completed(first, b'"stale"'))
    await new.tell(completed(second, b'"fresh"'))
    await until(lambda: state_of(record, job_id, "completed"))
    assert (await row(record, job_id))["result"] == '"fresh"'
    lost = await record.fetchrow("SELECT number, agent, outcome FROM attempts WHERE job_id = $1", job_id)
    assert lost is not None
    assert tuple(lost) == (1, "old", "lost")
    assert (await old.heartbeat(first)).stop == [first]


async def test_a_crash_is_tried_again_and_the_last_one_fails(
    record: Pool, js: JetStream, dispatching: None
) -> None:
    (job_id,) = await insert(record, [new_job(max_attempts=2)])
    agent = FakeAgent(js)
    for number in (1, 2):
        message, work = await agent.fetch()
        attempt = agent.attempt(message, work)
        assert (await agent.start(attempt)).jobs[0].attempt == number
        now = datetime.now(UTC)
        await agent.tell(
            Failed(
                id=attempt.id, fence=attempt.fence, started_at=now, finished_at=now,
                reason="signal 9", code=FailureCode.CRASH,
            )
        )  # fmt: skip
        # Not acked yet: the second release finds the first message in WORK and takes its place.
    await until(lambda: state_of(record, job_id, "failed"))
    found = await row(record, job_id)
    assert (found["failure_code"], found["failure_reason"], found["attempt"]) == (
        "crash",
        "signal 9; that was attempt 2, the last one",
        2,
    )
    assert await record.fetchval("SELECT count(*) FROM attempts WHERE job_id = $1", job_id) == 1


async def test_a_job_handed_back_does_not_count_as_an_attempt(
    record: Pool, js: JetStream, dispatching: None
) -> None:
    (job_id,) = await insert(record, [new_job(max_attempts=1)])
    agent = FakeAgent(js)
    message, work = await agent.fetch()
    attempt = agent.attempt(message, work)
    await agent.start(attempt)
    await agent.tell(HandedBack(id=attempt.id, fence=attempt.fence, reason="the agent stops"))
    await until(lambda: state_of(record, job_id, "queued"))
    await js.nak(message.reply, 0)
    assert await agent.run_one() == job_id
    await until(lambda: state_of(record, job_id, "completed"))
    assert (await row(record, job_id))["attempt"] == 1


async def test_a_start_of_an_unknown_job_is_dropped(js: JetStream, dispatching: None) -> None:
    reply = await FakeAgent(js).start(Attempt(id=new_job().id, fence=1 << 20 | 1))
    assert reply.jobs[0].verdict == "drop"


async def test_a_scheduled_job_waits_for_its_time(record: Pool, js: JetStream, dispatching: None) -> None:
    soon = datetime.now(UTC).timestamp() + 1.0
    (job_id,) = await insert(record, [new_job(run_at=datetime.fromtimestamp(soon, UTC))])
    assert await FakeAgent(js).run_one() == job_id
    assert datetime.now(UTC).timestamp() >= soon
