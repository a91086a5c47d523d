"""The order in which jobs start, with a real agent, a real dispatcher, and full windows in WORK."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest
from tests.support.agent_process import agent_process
from tests.support.dispatching import RestAgent, dispatcher_settings, running_dispatcher
from tests.support.record import insert, new_job, pool_of
from tests.support.servers import S3Access
from tests.support.tenants import enqueue, tenant
from tests.support.waiting import until

from headrace_contracts.jobs.lane import ANY_PLATFORM, Lane
from headrace_contracts.jobs.priority import URGENT_FIRST, Priority
from headrace_contracts.messages.requests import ReportKind
from headrace_runtime.jetstream.client import JetStream
from headrace_store.postgres import Pool

ECHO = Lane(ANY_PLATFORM, "echo", Priority.NORMAL)
#: «Within the time of about 30 jobs».
ABOUT_30 = 32


@pytest.fixture
async def record(nats_url: str, record_url: str, bucket: S3Access) -> AsyncIterator[Pool]:
    """The record of a running dispatcher with the settings that it has by default."""
    async with (
        running_dispatcher(dispatcher_settings(nats_url, record_url, bucket, reconcile_s=5)),
        pool_of(record_url) as pool,
    ):
        yield pool


async def queue(record: Pool, account: UUID, count: int, lane: Lane = ECHO) -> list[UUID]:
    return list(await enqueue(record, account, count, lane))


async def ended(record: Pool, jobs: list[UUID]) -> datetime | None:
    """When the last of ``jobs`` was completed; None while one is not."""
    found: datetime | None = await record.fetchval(
        "SELECT CASE WHEN count(*) = cardinality($1::uuid[]) THEN max(finished_at) END FROM jobs"
        " WHERE id = ANY ($1::uuid[]) AND state = 'completed'",
        jobs,
    )
    return found


async def test_ten_jobs_after_twenty_thousand_wait_for_about_thirty(
    record: Pool, js: JetStream, nats_url: str, tmp_path: Path
) -> None:
    early, late, later = [await tenant(record, name) for name in ("early", "late", "later")]
    await queue(record, early, 20_000)
    async with agent_process(tmp_path, nats_url=nats_url, slots=2):
        await until(lambda: record.fetchval("SELECT count(*) > 5 FROM jobs WHERE state = 'completed'"))
        began: datetime = await record.fetchval("SELECT clock_timestamp()")
        jobs = await queue(record, late, 10)
        end = await until(lambda: ended(record, jobs), timeout_s=60, what="the ten jobs")
        done = await record.fetchval(
            "SELECT count(*) FROM jobs WHERE finished_at > $1 AND finished_at <= $2", began, end
        )
        assert 10 <= done <= ABOUT_30
    # The same for an agent over REST, that takes one job after the other.
    jobs = await queue(record, later, 10)
    rest = RestAgent(js)
    order: list[UUID] = []
    while not set(jobs) <= set(order):
        job, token = await rest.claim(models=["echo"])
        assert job is not None
        await rest.report(job.id, token, ReportKind.COMPLETED)
        order.append(job.id)
        assert len(order) <= ABOUT_30
    assert [job for job in order if job in jobs] == jobs


async def test_the_most_urgent_starts_next_whatever_fills_the_windows(
    record: Pool, js: JetStream, nats_url: str, tmp_path: Path
) -> None:
    account = await tenant(record, "busy")
    gate = f'{{"path": "{tmp_path}/go"}}'
    async with agent_process(tmp_path, nats_url=nats_url, slots=1):
        running = (await insert(record, [new_job(model="wait", pool="wait", payload=gate, priority=0)]))[0]
        await until(lambda: record.fetchval("SELECT state = 'running' FROM jobs WHERE id = $1", running))
        lanes = [replace(ECHO, priority=priority) for priority in URGENT_FIRST]
        urgent, *lower = lanes
        for lane in reversed(lower):
            await queue(record, account, 12, lane)
        await until(
            lambda: record.fetchval("SELECT count(*) = 24 FROM jobs WHERE released AND pool = 'echo'")
        )
        jobs = await queue(record, account, 3, urgent)
        await until(lambda: record.fetchval("SELECT bool_and(released) FROM jobs WHERE priority = 3"))
        (tmp_path / "go").touch()
        await until(lambda: record.fetchval("SELECT bool_and(state = 'completed') FROM jobs"), timeout_s=60)
    rows = await record.fetch("SELECT id, priority FROM jobs WHERE id <> $1 ORDER BY started_at", running)
    assert [found["id"] for found in rows[:3]] == jobs
    order = [found["priority"] for found in rows]
    assert order == sorted(order, reverse=True)


async def test_claims_over_rest_go_by_urgency_then_by_age(record: Pool, js: JetStream) -> None:
    account = await tenant(record, "busy")
    for priority in (Priority.LOW, Priority.NORMAL, Priority.HIGH):
        await queue(record, account, 12, replace(ECHO, priority=priority))
    await until(lambda: record.fetchval("SELECT count(*) = 24 FROM jobs WHERE released"))
    rest = RestAgent(js)
    order: list[int] = []
    for number in range(20):
        if number in {4, 9}:
            await queue(record, account, 1, replace(ECHO, priority=Priority.URGENT))
        job, token = await rest.claim(models=["echo"])
        assert job is not None
        assert (await rest.report(job.id, token, ReportKind.COMPLETED)).state == "completed"
        order.append(job.priority)
    assert order == [2] * 4 + [3] + [2] * 4 + [3] + [2] * 4 + [1] * 6
