"""What waits for long rises a class, and no further than high."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from tests.support.dispatching import RestAgent, dispatcher_settings, running_dispatcher
from tests.support.record import insert, new_job, row
from tests.support.servers import S3Access
from tests.support.waiting import until

from headrace_contracts.jobs.priority import Priority
from headrace_contracts.messages.requests import ReportKind
from headrace_dispatcher.schedule.ages import aged
from headrace_dispatcher.store.aging import AgingStore
from headrace_runtime.jetstream.client import JetStream
from headrace_store.postgres import Pool

PERIOD_S = 600.0
LIMIT = 100


async def lift(record: Pool) -> dict[UUID, Priority]:
    """One round: the jobs that rose, and the classes in which they wait now."""
    lifted = await AgingStore(record).lift(partial(aged, period_s=PERIOD_S), period_s=PERIOD_S, limit=LIMIT)
    return {job.id: job.lane.priority for job in lifted}


async def old(record: Pool, age_s: float, priority: Priority, **changes: Any) -> UUID:
    created = datetime.now(UTC) - timedelta(seconds=age_s)
    return (await insert(record, [new_job(created_at=created, priority=int(priority), **changes)]))[0]


@pytest.fixture
async def rest(nats_url: str, record_url: str, bucket: S3Access, js: JetStream) -> AsyncIterator[RestAgent]:
    """An agent of a dispatcher with a short period."""
    async with running_dispatcher(dispatcher_settings(nats_url, record_url, bucket, aging_s=0.4)):
        yield RestAgent(js)


async def test_each_rises_by_its_own_age(record: Pool) -> None:
    low, normal, high = Priority.LOW, Priority.NORMAL, Priority.HIGH
    await old(record, 590, low)
    once, twice = await old(record, 610, low), await old(record, 1e6, low)
    risen = await old(record, 610, normal)
    for priority in (high, Priority.URGENT):
        await old(record, 1e6, priority)
    lately = await old(record, 1e6, low, run_at=datetime.now(UTC) - timedelta(seconds=590))
    await record.execute("UPDATE jobs SET state = 'queued' WHERE id = $1", lately)
    assert await lift(record) == {once: normal, twice: high, risen: high}
    assert await lift(record) == {}
    found = await row(record, once)
    assert (found["priority"], found["asked_priority"]) == (1, 0)
    await record.execute(
        "UPDATE jobs SET created_at = created_at - interval '600 seconds' WHERE id = $1", once
    )
    await record.execute("UPDATE jobs SET run_at = run_at - interval '600 seconds' WHERE id = $1", lately)
    later = {job: priority for job, priority in (await lift(record)).items() if job in {once, lately}}
    assert later == {once: high, lately: normal}
    assert {entry["asked_priority"] for entry in await record.fetch("SELECT asked_priority FROM jobs")} == {
        None, 0, 1,
    }  # fmt: skip
    assert await record.fetchval("SELECT count(*) FROM jobs WHERE priority = 3") == 1


async def test_what_is_scheduled_or_held_stays(record: Pool) -> None:
    await old(record, 1e6, Priority.LOW, run_at=datetime.now(UTC) + timedelta(hours=1))
    held = await old(record, 1e6, Priority.LOW)
    await record.execute("UPDATE jobs SET state = 'running' WHERE id = $1", held)
    assert await lift(record) == {}


async def test_more_than_a_round_takes_rise_in_the_next_ones(record: Pool) -> None:
    jobs = [await old(record, 1e6, Priority.LOW) for _ in range(3)]
    rounds = []
    for _ in range(4):
        lifted = await AgingStore(record).lift(partial(aged, period_s=PERIOD_S), period_s=PERIOD_S, limit=2)
        rounds.append([job.id for job in lifted])
    assert [len(found) for found in rounds] == [2, 1, 0, 0]
    assert {job for found in rounds for job in found} == set(jobs)


async def test_a_low_job_gets_done_though_normal_ones_never_end(record: Pool, rest: RestAgent) -> None:
    # Its age counts from in a moment, so that it is in WORK before, where nobody looks while there are normal jobs.
    low = await old(record, -4, Priority.LOW)
    await until(lambda: record.fetchval("SELECT released AND priority = 0 FROM jobs WHERE id = $1", low))
    await insert(record, [new_job() for _ in range(12)])
    await until(lambda: record.fetchval("SELECT count(*) = 8 FROM jobs WHERE released AND id <> $1", low))

    async def next_one() -> UUID | None:
        await insert(record, [new_job()])
        job, token = await rest.claim()
        if job is None:
            return None
        await rest.report(job.id, token, ReportKind.COMPLETED)
        return job.id if job.id == low else None

    await until(next_one, timeout_s=30, what="the low job")
    found = await row(record, low)
    assert (found["state"], found["asked_priority"], found["attempt"]) == ("completed", 0, 1)
    assert found["priority"] in {1, 2}
    waiting = await record.fetchval("SELECT count(*) FROM jobs WHERE state = 'queued'")
    assert waiting >= 12  # there was always another one


async def test_an_urgent_job_waits_for_urgent_ones_only(record: Pool, rest: RestAgent) -> None:
    low = (await insert(record, [new_job(priority=0)]))[0]
    await until(lambda: record.fetchval("SELECT priority = 2 AND released FROM jobs"), timeout_s=15)
    urgent = (await insert(record, [new_job(priority=3)]))[0]
    claimed = [(await rest.claim())[0] for _ in range(2)]
    assert [None if job is None else (job.id, job.priority) for job in claimed] == [(urgent, 3), (low, 2)]
