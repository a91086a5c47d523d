"""When a job may run: set, moved and taken away."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

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

from headrace_contracts.bus import subjects
from headrace_contracts.ids import new_id
from headrace_contracts.messages.bells import QueuedBell
from headrace_contracts.messages.codec import encode
from headrace_contracts.messages.requests import Answer, ReportKind
from headrace_runtime.jetstream.client import JetStream
from headrace_store.postgres import Pool

HOUR = timedelta(hours=1)


async def state(pool: Pool, job_id: UUID, wanted: str) -> bool:
    return bool((await row(pool, job_id))["state"] == wanted)


async def in_work(js: JetStream) -> bool:
    return not await work_is_empty(js)


def later(delay: timedelta = HOUR) -> datetime:
    return datetime.now(UTC) + delay


async def test_a_released_job_that_gets_a_time_leaves_work_and_comes_back_at_it(
    record: Pool, js: JetStream, agent: RestAgent
) -> None:
    (job_id,) = await insert(record, [new_job()])
    await until(lambda: in_work(js))
    answer = await agent.schedule(job_id, run_at=later())
    assert (answer.answer, answer.state) == (Answer.OK, "scheduled")
    assert await work_is_empty(js)
    assert (await agent.claim())[0] is None
    soon = later(timedelta(seconds=1))
    assert (await agent.schedule(job_id, run_at=soon)).state == "scheduled"
    assert await FakeAgent(js).run_one() == job_id
    assert soon <= datetime.now(UTC) < soon + timedelta(seconds=2)


async def test_an_agent_that_fetched_the_message_before_is_turned_away_also_when_the_time_has_come(
    record: Pool, js: JetStream, agent: RestAgent
) -> None:
    (job_id,) = await insert(record, [new_job()])
    fetcher = FakeAgent(js)
    message, work = await fetcher.fetch()
    attempt = fetcher.attempt(message, work)
    await agent.schedule(job_id, run_at=later())
    assert (await fetcher.start(attempt)).jobs[0].verdict == "drop"
    assert (await agent.schedule(job_id, run_at=None)).state == "queued"
    assert (await fetcher.start(attempt)).jobs[0].verdict == "drop"
    await fetcher.tell(completed(attempt, b'"of the first release"'))
    await js.ack_many([message.reply])
    assert await fetcher.run_one() == job_id
    await until(lambda: state(record, job_id, "completed"))
    found = await row(record, job_id)
    assert (found["result"], found["attempt"]) == ('{"ok": true}', 1)


async def test_a_scheduled_job_may_run_as_soon_as_possible_after_all(
    record: Pool, js: JetStream, agent: RestAgent
) -> None:
    for run_at in (None, later(-HOUR)):
        (job_id,) = await insert(record, [new_job(run_at=later())])
        assert (await agent.schedule(job_id, run_at=run_at)).state == "queued"
        assert (await row(record, job_id))["run_at"] == run_at
        job, token = await agent.claim()
        assert job is not None
        assert job.id == job_id
        await agent.report(job_id, token, ReportKind.COMPLETED)


async def test_a_time_in_the_past_leaves_a_job_in_the_queue_where_it_is(
    record: Pool, js: JetStream, agent: RestAgent
) -> None:
    (job_id,) = await insert(record, [new_job()])
    await until(lambda: in_work(js))
    assert (await agent.schedule(job_id, run_at=later(-HOUR))).state == "queued"
    assert (await row(record, job_id))["released"]
    assert await FakeAgent(js).run_one() == job_id
    assert (await row(record, job_id))["epoch"] == 1


async def test_what_runs_or_is_over_gets_no_other_time(record: Pool, agent: RestAgent) -> None:
    (job_id,) = await insert(record, [new_job()])
    _, token = await agent.claim(job=job_id)
    answer = await agent.schedule(job_id, run_at=later())
    assert (answer.answer, answer.state) == (Answer.INVALID_STATE, "running")
    await agent.report(job_id, token, ReportKind.COMPLETED)
    assert (await agent.schedule(job_id, run_at=None)).state == "completed"
    assert (await agent.schedule(new_id(), run_at=None)).answer is Answer.NOT_FOUND
    assert (await row(record, job_id))["run_at"] is None


async def test_of_two_times_both_are_set_or_none(record: Pool, agent: RestAgent) -> None:
    waiting, running = await insert(record, [new_job(), new_job()])
    at = later()
    assert (await agent.schedule(waiting, run_at=at, publish_at=at + HOUR)).state == "scheduled"
    found = await row(record, waiting)
    assert (found["run_at"], found["publish_at"]) == (at, at + HOUR)
    assert (await agent.claim(job=running))[0] is not None
    assert (await agent.schedule(running, run_at=at, publish_at=at)).answer is Answer.INVALID_STATE
    assert (await row(record, running))["publish_at"] is None
    assert (await agent.schedule(running)).answer is Answer.OK


async def test_schedules_survive_a_restart_and_fire_in_time(
    record: Pool, js: JetStream, nats_url: str, record_url: str, bucket: S3Access
) -> None:
    settings = dispatcher_settings(nats_url, record_url, bucket)
    async with running_dispatcher(settings):
        (job_id,) = await insert(record, [new_job(run_at=later())])
        at = later(timedelta(seconds=1.5))
        await RestAgent(js).schedule(job_id, run_at=at)
    async with running_dispatcher(settings):
        assert await FakeAgent(js).run_one(TEXT) == job_id
        assert at <= datetime.now(UTC) < at + timedelta(seconds=2)


async def test_a_schedule_against_starts_of_the_same_job(
    record: Pool, js: JetStream, agent: RestAgent
) -> None:
    fetcher = FakeAgent(js)
    for number in range(20):
        (job_id,) = await insert(record, [new_job()])
        await js.nc.publish(subjects.BELL_QUEUED, encode(QueuedBell(lanes=[str(TEXT)])))
        message, work = await fetcher.fetch()
        attempt = fetcher.attempt(message, work)

        async def schedule(job: UUID = job_id, pause_s: float = (number % 4) * 0.001) -> bool:
            await asyncio.sleep(pause_s)
            return (await agent.schedule(job, run_at=later())).answer is Answer.OK

        moved, started = await asyncio.gather(schedule(), fetcher.start(attempt))
        assert moved is (started.jobs[0].verdict == "drop")
        assert await state(record, job_id, "scheduled" if moved else "running")
        await agent.cancel(job_id)
        await js.ack_many([message.reply])
    await until(lambda: work_is_empty(js))
