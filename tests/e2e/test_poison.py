"""A job that kills whoever touches it: it ends after its attempts, and kills no more (ADR 0025)."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.support.agent_process import agent_process, alive
from tests.support.dispatching import TEXT, dispatcher_settings, running_dispatcher, work_is_empty
from tests.support.record import new_job, pool_of, row
from tests.support.servers import S3Access
from tests.support.waiting import until

from headrace_contracts.bus.streams import lane_consumer
from headrace_contracts.jobs.retry import RetryPolicy
from headrace_runtime.jetstream.client import JetStream
from headrace_store.jobs.unit import Extras, Unit, submit_unit
from headrace_store.postgres import Pool

HANDLERS = {"HEADRACE_AGENT_HANDLERS": "tests.support.poison_handlers"}
#: A dead agent's message comes again after this, instead of 15 s; ``test_kill_agent`` has the real figure.
ACK_WAIT_S = 1.0
ATTEMPTS = 3


@pytest.fixture
async def record(nats_url: str, record_url: str, bucket: S3Access) -> AsyncIterator[Pool]:
    """The record of a running dispatcher."""
    async with (
        pool_of(record_url) as pool,
        running_dispatcher(dispatcher_settings(nats_url, record_url, bucket)),
    ):
        yield pool


async def submitted(pool: Pool, prompt: str) -> UUID:
    job = new_job(payload=f'{{"prompt": "{prompt}"}}')
    retry = RetryPolicy(max_attempts=ATTEMPTS, backoff_s=0.1).text
    await submit_unit(pool, Unit(jobs=[job], extras=[Extras(job_id=job.id, retry=retry)]))
    return job.id


async def ended(pool: Pool, job_id: UUID) -> dict[str, Any] | None:
    found = await row(pool, job_id)
    return found if found["state"] in {"completed", "failed"} else None


async def outcomes(pool: Pool, job_id: UUID) -> list[tuple[int, str]]:
    rows = await pool.fetch("SELECT number, outcome FROM attempts WHERE job_id = $1 ORDER BY fence", job_id)
    return [tuple(each) for each in rows]


async def test_a_job_that_kills_its_agents_ends_after_its_attempts(
    record: Pool, js: JetStream, nats_url: str, tmp_path: Path
) -> None:
    job_id = await submitted(record, "agent")
    await until(lambda: work_is_empty(js), lambda empty: not empty, what="the release")
    await js.ensure_consumer(replace(lane_consumer(TEXT), ack_wait_s=ACK_WAIT_S))

    for number in range(1, ATTEMPTS + 1):
        async with agent_process(tmp_path, nats_url=nats_url, env=HANDLERS, name=f"agent-{number}") as agent:
            assert await agent.ended() == -signal.SIGKILL
    async with agent_process(tmp_path, nats_url=nats_url, env=HANDLERS, name="survivor") as survivor:
        job = await until(lambda: ended(record, job_id), what="the end of the poison job")
        assert (job["state"], job["failure_code"], job["attempt"]) == ("failed", "lost", ATTEMPTS)
        assert "attempt 3, the last one, and all before it were lost, too" in job["failure_reason"]
        assert await outcomes(record, job_id) == [(1, "lost"), (2, "lost")]
        assert (
            await record.fetchval("SELECT attempts FROM dead_letters WHERE job_id = $1", job_id) == ATTEMPTS
        )
        healthy = await submitted(record, "hello")
        assert (await until(lambda: ended(record, healthy), what="another job"))["agent"] == "survivor"
        await until(lambda: work_is_empty(js), what="that nothing is left of it")
        assert alive(survivor.pid)


async def test_a_job_that_kills_its_worker_ends_after_its_attempts_and_the_agent_lives(
    record: Pool, nats_url: str, tmp_path: Path
) -> None:
    async with agent_process(tmp_path, nats_url=nats_url, env=HANDLERS) as agent:
        job_id = await submitted(record, "self")
        job = await until(lambda: ended(record, job_id), what="the end of the poison job")
        assert (job["state"], job["failure_code"], job["attempt"]) == ("failed", "crash", ATTEMPTS)
        assert job["failure_reason"].endswith("; that was attempt 3, the last one")
        assert await outcomes(record, job_id) == [(1, "crash"), (2, "crash")]
        healthy = await submitted(record, "hello")
        assert (await until(lambda: ended(record, healthy), what="another job"))["state"] == "completed"
        assert alive(agent.pid)
