"""The agent under the real dispatcher, with the record in Postgres."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.support.agent_process import agent_process
from tests.support.dispatching import dispatcher_settings, running_dispatcher
from tests.support.record import insert, new_job, pool_of, row
from tests.support.servers import S3Access
from tests.support.waiting import until

from headrace_contracts.bus import subjects
from headrace_contracts.messages.codec import encode
from headrace_contracts.messages.requests import CancelRequest
from headrace_runtime.jetstream.client import JetStream
from headrace_store.postgres import Pool


@pytest.fixture
async def pool(nats_url: str, record_url: str, bucket: S3Access) -> AsyncIterator[Pool]:
    async with (
        running_dispatcher(dispatcher_settings(nats_url, record_url, bucket)),
        pool_of(record_url) as pool,
    ):
        yield pool


async def submit(pool: Pool, model: str, payload: str = "{}", **changes: Any) -> UUID:
    [job] = await insert(pool, [new_job(model=model, pool=model, payload=payload, **changes)])
    return job


async def state(pool: Pool, job: UUID, *wanted: str, timeout_s: float = 30) -> dict[str, Any]:
    """The job's row once it is in one of the ``wanted`` states."""

    async def reached() -> dict[str, Any] | None:
        found = await row(pool, job)
        return found if found["state"] in wanted else None

    result: dict[str, Any] = await until(reached, timeout_s=timeout_s, what=f"{job} {wanted}")
    return result


async def test_jobs_end_as_they_should(pool: Pool, nats_url: str, tmp_path: Path) -> None:
    async with agent_process(tmp_path, nats_url=nats_url):
        noop = await submit(pool, "noop", '{"n": 1}')
        echo = await submit(pool, "echo", '{"text": "hello"}')
        refuse = await submit(pool, "refuse")
        crash = await submit(pool, "crash")
        done = await state(pool, noop, "completed")
        assert '"echo":' in str(done["result"]).replace(" ", "")
        assert (await state(pool, echo, "completed"))["agent"] == "agent"
        refused = await state(pool, refuse, "failed")
        assert (refused["attempt"], refused["failure_reason"]) == (1, "can't do x")
        # The fault may lie with the machine, so it is tried again, three times in all.
        crashed = await state(pool, crash, "failed")
        assert crashed["attempt"] == 3
        assert "exit status 7" in crashed["failure_reason"]


async def test_a_cancel_ends_the_run(pool: Pool, js: JetStream, nats_url: str, tmp_path: Path) -> None:
    async with agent_process(tmp_path, nats_url=nats_url) as agent:
        job = await submit(pool, "hang", f'{{"path": "{tmp_path}/go"}}')
        await state(pool, job, "running")
        await js.nc.request(subjects.CANCEL, encode(CancelRequest(id=job)), timeout=5)
        await state(pool, job, "cancelled")

        async def ended() -> bool:
            return "agent.run.stop" in agent.log

        await until(ended, timeout_s=5, what="the end of the run")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_another_agent_finishes(pool: Pool, nats_url: str, tmp_path: Path, how: signal.Signals) -> None:
    """Killed: an attempt is lost. Stopped by force: it is handed back and does not count."""
    async with agent_process(tmp_path, nats_url=nats_url, name="first") as first:
        job = await submit(pool, "wait", f'{{"path": "{tmp_path}/go"}}')
        await state(pool, job, "running")
        async with agent_process(tmp_path, nats_url=nats_url, name="second"):
            first.signal(how)
            if how is signal.SIGTERM:

                async def draining() -> bool:
                    return "agent.drain" in first.log

                await until(draining, timeout_s=5, what="the drain")
                first.signal(how)
            await first.ended()

            async def elsewhere() -> bool:
                return bool((await row(pool, job))["agent"] == "second")

            await until(elsewhere, timeout_s=20, what="the second agent")
            (tmp_path / "go").touch()
            done = await state(pool, job, "completed")
            assert done["attempt"] == (2 if how is signal.SIGKILL else 1)
