"""The lease of a REST claim lasts half an hour without a sign of life, and not a moment longer (DESIGN, promise 3)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.support.dispatching import RestAgent, dispatcher_settings, running_dispatcher
from tests.support.record import insert, new_job, pool_of, row
from tests.support.record_clock import RecordClock
from tests.support.servers import S3Access
from tests.support.waiting import until

from headrace_api.settings import ApiSettings
from headrace_contracts.messages.requests import Answer, ReportKind
from headrace_dispatcher.store.leases import LeaseStore
from headrace_runtime.jetstream.client import JetStream
from headrace_store.postgres import Pool

HALF_AN_HOUR_S = 1800.0
#: The run may take longer than any lease here.
DAY_S = 86_400.0
#: Leases are looked at once a second.
LOOK_S = 1.0


@pytest.fixture
async def clock(record: Pool) -> RecordClock:
    clock = RecordClock(record)
    await clock.install()
    return clock


@pytest.fixture
async def timed(
    clock: RecordClock, js: JetStream, nats_url: str, record_url: str, bucket: S3Access
) -> AsyncIterator[tuple[RestAgent, Pool]]:
    """A REST agent of a dispatcher that goes by the clock, and its record with the same clock."""
    settings = dispatcher_settings(nats_url, record_url, bucket)
    async with running_dispatcher(settings), pool_of(record_url) as pool:
        yield RestAgent(js), pool


async def looked_at(pool: Pool) -> bool:
    """Whether a lease has lapsed; the dispatcher has looked at it too, and would have ended it."""
    lapsed = bool(await LeaseStore(pool).expired(1))
    await asyncio.sleep(1.5 * LOOK_S)
    return lapsed or not await pool.fetchval("SELECT count(*) FROM leases")


async def test_a_claim_lapses_after_half_an_hour_and_not_before(
    timed: tuple[RestAgent, Pool], clock: RecordClock
) -> None:
    agent, record = timed
    lease_s = float(ApiSettings.model_fields["rest_lease_s"].default)
    assert lease_s == HALF_AN_HOUR_S
    (job_id,) = await insert(record, [new_job(timeout_s=DAY_S)])
    _, token = await agent.claim(lease_s=lease_s)
    await clock.ahead(HALF_AN_HOUR_S - 5)
    assert not await looked_at(record)
    assert (await row(record, job_id))["state"] == "running"

    # A sign of life: the half hour begins anew.
    assert (await agent.report(job_id, token, ReportKind.ALIVE)).answer is Answer.OK
    await clock.ahead(2 * HALF_AN_HOUR_S - 15)
    assert not await looked_at(record)

    await clock.ahead(2 * HALF_AN_HOUR_S)

    async def given_back() -> bool:
        return bool((await row(record, job_id))["state"] == "queued")

    await until(given_back, timeout_s=5 * LOOK_S)
    assert await record.fetchval("SELECT count(*) FROM leases") == 0
    past = await record.fetch("SELECT number, outcome, reason FROM attempts WHERE job_id = $1", job_id)
    assert [tuple(one) for one in past] == [(1, "lost", "the claim's lease ran out")]
    assert (await agent.report(job_id, token, ReportKind.COMPLETED)).answer is Answer.FORBIDDEN


async def test_the_length_is_the_claims_own(timed: tuple[RestAgent, Pool], clock: RecordClock) -> None:
    agent, record = timed
    short, long = await insert(record, [new_job(timeout_s=DAY_S), new_job(timeout_s=DAY_S)])
    await agent.claim(job=short, lease_s=60)
    await agent.claim(job=long, lease_s=3 * HALF_AN_HOUR_S)
    await clock.ahead(61)

    async def states() -> list[str]:
        return [(await row(record, job_id))["state"] for job_id in (short, long)]

    await until(states, lambda found: found == ["queued", "running"], timeout_s=5 * LOOK_S)
    await clock.ahead(3 * HALF_AN_HOUR_S - 5)
    assert not await looked_at(record)
