"""Pause and resume of a pool: what waits does not start, wherever it waits; what runs goes on."""

from __future__ import annotations

from typing import Any
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

from headrace_contracts.messages.agents import Verdict
from headrace_contracts.messages.requests import Answer
from headrace_runtime.jetstream.client import JetStream
from headrace_store.postgres import Pool

POOL = TEXT.pool


async def is_(record: Pool, job: UUID, **wanted: Any) -> bool:
    found = await row(record, job)
    return {name: found[name] for name in wanted} == wanted


async def test_what_waits_in_work_comes_back_and_waits(record: Pool, js: JetStream, agent: RestAgent) -> None:
    jobs = await insert(record, [new_job() for _ in range(20)])
    await until(lambda: record.fetchval("SELECT count(*) = 8 FROM jobs WHERE released"))
    assert (await agent.pause(POOL, "the model is being replaced")).answer is Answer.OK
    assert await work_is_empty(js)
    assert await record.fetchval("SELECT count(*) FROM jobs WHERE released") == 0
    assert await record.fetchval("SELECT reason FROM paused_pools") == "the model is being replaced"
    assert (await agent.claim())[0] is None
    reply, _ = await agent.ask_claim(job=jobs[0])
    assert (reply.answer, reply.state, reply.job) == (Answer.INVALID_STATE, "queued", None)
    assert (await agent.pause(POOL, paused=False)).answer is Answer.OK
    claimed = [(await agent.claim())[0] for _ in range(20)]
    assert [job.id for job in claimed if job is not None] == jobs
    assert {job.attempt for job in claimed if job is not None} == {1}


async def test_what_runs_goes_on_and_what_was_fetched_is_turned_away(
    record: Pool, js: JetStream, agent: RestAgent
) -> None:
    jets = FakeAgent(js)
    running, fetched = await insert(record, [new_job(), new_job()])
    first, second = await jets.fetch(), await jets.fetch()
    attempt = jets.attempt(*first)
    assert (await jets.start(attempt)).jobs[0].verdict is Verdict.GO
    await agent.pause(POOL)
    turned_away = await jets.start(jets.attempt(*second))
    assert turned_away.jobs[0].verdict is Verdict.DROP
    await js.ack_many([second[0].reply])
    await jets.tell(completed(attempt))
    await until(lambda: is_(record, running, state="completed"))
    assert await is_(record, fetched, state="queued", released=False, attempt=0)
    await agent.pause(POOL, paused=False)
    # Nor does it start by the message of before, beside the new one.
    assert (await jets.start(jets.attempt(*second))).jobs[0].verdict is Verdict.DROP
    assert await jets.run_one() == fetched
    await until(lambda: is_(record, fetched, state="completed", attempt=1))


async def test_a_message_that_comes_into_work_meanwhile_does_not_start(
    record: Pool, js: JetStream, agent: RestAgent
) -> None:
    """As when one dispatcher pauses while another one releases, and when a run is lost or handed back."""
    jets = FakeAgent(js)
    (job,) = await insert(record, [new_job()])
    message, work = await jets.fetch()
    await record.execute("INSERT INTO paused_pools (pool) VALUES ($1)", POOL)
    reply = await jets.start(jets.attempt(message, work))
    assert reply.jobs[0].verdict is Verdict.DROP
    await until(lambda: is_(record, job, state="queued", released=False, attempt=0))
    await until(lambda: work_is_empty(js))
    assert (await jets.start(jets.attempt(message, work))).jobs[0].verdict is Verdict.DROP
    await agent.pause(POOL, paused=False)
    assert await jets.run_one() == job


async def test_a_dispatcher_that_comes_later_heeds_it_and_the_reconcile_agrees(
    record: Pool, js: JetStream, nats_url: str, record_url: str, bucket: S3Access
) -> None:
    settings = dispatcher_settings(nats_url, record_url, bucket)
    async with running_dispatcher(settings):
        jobs = await insert(record, [new_job() for _ in range(3)])
        other = (await insert(record, [new_job(model="noop", pool="noop")]))[0]
        await until(lambda: record.fetchval("SELECT count(*) = 4 FROM jobs WHERE released"))
    await record.execute("INSERT INTO paused_pools (pool) VALUES ($1)", POOL)
    async with running_dispatcher(settings):
        await until(lambda: record.fetchval("SELECT count(*) = 1 FROM jobs WHERE released"))
        assert await is_(record, other, released=True)
        rest = RestAgent(js)
        assert (await rest.claim(pools=[POOL]))[0] is None
        await rest.pause(POOL, paused=False)
        found = [(await rest.claim(pools=[POOL]))[0] for _ in jobs]
        assert [job.id for job in found if job is not None] == jobs
