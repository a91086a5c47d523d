"""An operator's word to an agent: take no more jobs, and take them again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from tests.support.agent_process import agent_process
from tests.support.dispatching import FakeAgent, RestAgent, dispatcher_settings, running_dispatcher
from tests.support.record import insert, new_job, pool_of, row
from tests.support.servers import S3Access
from tests.support.waiting import until

from headrace_contracts.messages.requests import Answer
from headrace_runtime.jetstream.client import JetStream
from headrace_store.postgres import Pool


@pytest.fixture
async def record(nats_url: str, record_url: str, bucket: S3Access) -> AsyncIterator[Pool]:
    """The record of a running dispatcher."""
    async with (
        running_dispatcher(dispatcher_settings(nats_url, record_url, bucket)),
        pool_of(record_url) as pool,
    ):
        yield pool


async def submit(record: Pool, model: str, payload: str = "{}") -> UUID:
    return (await insert(record, [new_job(model=model, pool=model, payload=payload)]))[0]


async def in_state(record: Pool, job: UUID, state: str) -> bool:
    return bool((await row(record, job))["state"] == state)


async def draining(record: Pool, agent: str) -> bool:
    """Whether the run of ``agent`` that is online says so of itself."""
    found = await record.fetchval("SELECT draining FROM agents WHERE agent = $1 AND gone_at IS NULL", agent)
    return bool(found)


async def test_it_finishes_what_it_runs_and_takes_nothing_until_it_may(
    record: Pool, js: JetStream, nats_url: str, tmp_path: Path
) -> None:
    operator = RestAgent(js)
    async with agent_process(tmp_path, nats_url=nats_url, name="a"):
        running = await submit(record, "wait", f'{{"path": "{tmp_path}/go"}}')
        await until(lambda: in_state(record, running, "running"))
        assert (await operator.drain("a", "its disk is replaced")).answer is Answer.OK
        await until(lambda: draining(record, "a"))
        # The other one does all that comes now, and the first one ends its run.
        async with agent_process(tmp_path, nats_url=nats_url, name="b"):
            jobs = [await submit(record, "echo") for _ in range(6)]
            for job in jobs:
                await until(partial(in_state, record, job, "completed"))
        (tmp_path / "go").touch()
        await until(lambda: in_state(record, running, "completed"))
        assert {(await row(record, job))["agent"] for job in jobs} == {"b"}
        found = await row(record, running)
        assert (found["agent"], found["attempt"]) == ("a", 1)
    await record.execute("UPDATE agents SET gone_at = now()")
    # A restart changes nothing, and what waits when it comes is not taken first.
    waiting = await submit(record, "echo")
    await until(lambda: record.fetchval("SELECT released FROM jobs WHERE id = $1", waiting))
    async with agent_process(tmp_path, nats_url=nats_url, name="a"):
        await until(lambda: draining(record, "a"))
        assert await in_state(record, waiting, "queued")
        assert (await operator.drain("a", drained=False)).answer is Answer.OK
        await until(lambda: in_state(record, waiting, "completed"))
        assert (await row(record, waiting))["agent"] == "a"
        assert not await draining(record, "a")


async def test_a_word_that_was_lost_comes_with_the_next_heartbeat(record: Pool, js: JetStream) -> None:
    jets = FakeAgent(js, "a")
    assert (await jets.heartbeat()).drained is False
    await record.execute("INSERT INTO agent_drains (agent, reason) VALUES ('a', 'why')")
    for _ in range(2):
        reply = await jets.heartbeat()
        assert (reply.drained, reply.reason) == (True, "why")
    assert (await FakeAgent(js, "b").heartbeat()).drained is False


async def test_a_claim_of_a_drained_agent_gets_nothing(record: Pool, js: JetStream) -> None:
    drained, other = RestAgent(js, "a"), RestAgent(js, "b")
    jobs = await insert(record, [new_job(), new_job()])
    await other.drain("a")
    assert (await drained.claim())[0] is None
    reply, _ = await drained.ask_claim(job=jobs[0])
    assert (reply.job, reply.answer) == (None, Answer.INVALID_STATE)
    assert await draining(record, "a")
    claimed, _ = await other.claim()
    assert claimed is not None
    await other.drain("a", drained=False)
    assert (await drained.claim())[0] is not None
