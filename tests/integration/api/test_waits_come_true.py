"""The wait that jobs are told of, against how long they then waited: a real dispatcher, runs of a known length."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from tests.support.dispatching import TEXT, FakeAgent, completed, dispatcher_settings, running_dispatcher
from tests.support.record import new_job, pool_of
from tests.support.servers import S3Access
from tests.support.waiting import until

from headrace_api.bus.bell import QueuedBellRinger
from headrace_api.core.estimates import Estimates
from headrace_api.core.waiting import WaitingReason
from headrace_api.core.why import Why
from headrace_api.store.estimates import RecordEstimates
from headrace_api.store.waiting import RecordWaiting
from headrace_runtime.jetstream.client import JetStream
from headrace_store.accounts.accounts import Accounts
from headrace_store.jobs.read import JobReader
from headrace_store.jobs.submit import insert_jobs
from headrace_store.postgres import Pool

_RUN_S = 0.5
_SLOTS = 4
#: Jobs before the first that is looked at.
_BACKLOG = 32
_LOOKED_AT = 24


@asynccontextmanager
async def agent(js: JetStream) -> AsyncIterator[None]:
    """One with four slots, whose runs take ``_RUN_S`` each."""
    fake = FakeAgent(js)
    await fake.heartbeat(slots=_SLOTS)

    async def slot() -> None:
        while True:
            message, work = await fake.fetch(timeout_s=60)
            attempt = fake.attempt(message, work)
            if (await fake.start(attempt)).jobs[0].verdict == "go":
                begun = datetime.now(UTC)
                await asyncio.sleep(_RUN_S)  # the run
                await fake.tell(msgspec.structs.replace(completed(attempt), started_at=begun))
            await js.ack_many([message.reply])

    slots = [asyncio.create_task(slot()) for _ in range(_SLOTS)]
    try:
        yield
    finally:
        for task in slots:
            task.cancel()
        await asyncio.gather(*slots, return_exceptions=True)


class Clients:
    """They submit, ask at once why their job waits, and look when it began."""

    def __init__(self, pool: Pool, bell: QueuedBellRinger) -> None:
        self._pool = pool
        self._bell = bell
        self._why = Why(RecordWaiting(pool), Estimates(RecordEstimates(pool, worker_silent_s=60)))
        self.told: dict[UUID, tuple[datetime, WaitingReason]] = {}

    async def submit(self, account_id: UUID, count: int = 1) -> list[UUID]:
        jobs = [new_job(account_id=account_id) for _ in range(count)]
        await insert_jobs(self._pool, jobs)
        await self._bell({str(TEXT)})
        return [job.id for job in jobs]

    async def ask(self, job_id: UUID) -> None:
        view = await JobReader(self._pool).view(job_id)
        assert view is not None
        reason = await self._why.of(view)
        assert reason is not None, view
        self.told[job_id] = (datetime.now(UTC), reason)

    async def waits(self) -> list[tuple[float, float]]:
        """Of each job that was looked at: what it was told, and what came."""
        found = []
        for job_id, (at, reason) in self.told.items():
            view = await JobReader(self._pool).view(job_id)
            assert view is not None
            assert view.started_at is not None
            assert reason.estimate_s is not None, reason
            found.append((reason.estimate_s, (view.started_at - at).total_seconds()))
        return found


async def all_done(pool: Pool) -> bool:
    return not await pool.fetchval("SELECT EXISTS (SELECT FROM jobs WHERE finished_at IS NULL)")


async def test_nine_of_ten_estimates_are_within_a_factor_of_two(
    js: JetStream, nats_url: str, record_url: str, bucket: S3Access
) -> None:
    async with (
        running_dispatcher(dispatcher_settings(nats_url, record_url, bucket)),
        pool_of(record_url) as pool,
        agent(js),
    ):
        clients = Clients(pool, QueuedBellRinger(js.nc))
        accounts = [(await Accounts(pool).create(name, "operate")).id for name in ("many", "few")]
        # How long such jobs run is known from those that ran.
        await clients.submit(accounts[0], _SLOTS)
        await until(lambda: all_done(pool), what="the first runs")
        await clients.submit(accounts[0], _BACKLOG)
        # A steady load: as many come as can be done. Every third is of the tenant that has no backlog.
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for number in range(_LOOKED_AT):
            await asyncio.sleep(max(0.0, begun + number * _RUN_S / _SLOTS - loop.time()))
            [job_id] = await clients.submit(accounts[number % 3 == 2])
            await clients.ask(job_id)
        await until(lambda: all_done(pool), timeout_s=60, what="the end of all jobs")
        waits = await clients.waits()
    near = [pair for pair in waits if pair[0] / 2 <= pair[1] <= pair[0] * 2]
    assert len(near) >= 0.9 * _LOOKED_AT, [(round(told, 2), round(came, 2)) for told, came in waits]
