"""Group commit: while one INSERT is on its way, what comes in meanwhile gathers for the next one.

The database work per job shrinks as load grows, and a lone submit waits for nobody.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from headrace_api.core.errors import OverloadedError, UnavailableError
from headrace_api.core.ports import InsertJobs, RingQueued
from headrace_contracts.jobs.priority import Priority
from headrace_store.jobs.quota import QuotaReachedError
from headrace_store.jobs.submit import NewJob
from headrace_store.jobs.unit import Extras, TooFewCreditsError

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class BatcherSettings:
    #: Jobs that may wait; beyond it a submit is refused at once.
    max_waiting_jobs: int = 20_000
    max_batch_jobs: int = 1000
    #: How long a submit waits while the record is away, in seconds: in the queue and in its INSERT together.
    patience_s: float = 5.0
    retry_pause_s: float = 0.2


@dataclass(frozen=True, slots=True)
class _Unit:
    """Jobs that are stored together."""

    jobs: Sequence[NewJob]
    extras: Sequence[Extras]
    #: When its patience ends, by the loop's clock.
    until: float
    done: asyncio.Future[None]


class SubmitBatcher:
    """Start it with ``start``; ``stop`` writes what still waits."""

    def __init__(self, insert: InsertJobs, ring: RingQueued, settings: BatcherSettings) -> None:
        self._insert = insert
        self._ring = ring
        self._settings = settings
        self._waiting: deque[_Unit] = deque()
        self._waiting_jobs = 0
        self._wake = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="submit-batcher")

    async def stop(self) -> None:
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await self._task

    @property
    def waiting(self) -> int:
        """Jobs that wait for their INSERT."""
        return self._waiting_jobs

    async def submit(self, jobs: Sequence[NewJob], extras: Sequence[Extras] = ()) -> None:
        """Returns when ``jobs`` are committed with what they have beside them, all of them or none.

        Raises OverloadedError (nothing is stored), TooFewCreditsError or QuotaReachedError (likewise), or
        UnavailableError (the record is away; not acknowledged).
        """
        if not jobs:
            return
        if self._closing:
            raise UnavailableError("This server")
        if self._waiting_jobs + len(jobs) > self._settings.max_waiting_jobs:
            raise OverloadedError
        loop = asyncio.get_running_loop()
        unit = _Unit(jobs, extras, loop.time() + self._settings.patience_s, loop.create_future())
        self._waiting.append(unit)
        self._waiting_jobs += len(jobs)
        self._wake.set()
        await unit.done

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await self._write(self._take())
            if self._closing:
                return

    def _take(self) -> list[_Unit]:
        """The oldest units, up to one batch; a unit is never split."""
        units = [self._waiting.popleft()]
        count = len(units[0].jobs)
        while self._waiting and count + len(self._waiting[0].jobs) <= self._settings.max_batch_jobs:
            units.append(self._waiting.popleft())
            count += len(units[-1].jobs)
        self._waiting_jobs -= count
        return units

    async def _write(self, units: list[_Unit]) -> None:
        jobs = [job for unit in units for job in unit.jobs]
        extras = [extra for unit in units for extra in unit.extras]
        try:
            await self._insert_patiently(jobs, extras, until=units[0].until)
        except UnavailableError as error:
            _settle(units, error)
            self._give_up(error)
        except QuotaReachedError as error:
            # Those that find no room are told without another query: a tenant at its limit holds nobody up.
            if fitting := _fitting(units, error):
                await self._write(fitting)
        except Exception as error:
            if len(units) == 1:
                if not isinstance(error, TooFewCreditsError):
                    log.exception("jobs could not be stored", extra={"action": "submit.failed"})
                _settle(units, error)
                return
            # One unit that the record refuses must not take the others with it.
            for unit in units:
                await self._write([unit])
        else:
            _settle(units, None)
            await self._ring({_lane(job) for job in jobs})

    def _give_up(self, error: UnavailableError) -> None:
        """Who has waited in the queue for long enough hears of it now, and not after an INSERT of their own."""
        now = asyncio.get_running_loop().time()
        late = []
        while self._waiting and self._waiting[0].until <= now:
            late.append(self._waiting.popleft())
            self._waiting_jobs -= len(late[-1].jobs)
        _settle(late, error)

    async def _insert_patiently(
        self, jobs: Sequence[NewJob], extras: Sequence[Extras], *, until: float
    ) -> None:
        """Try again for a while: a restart of the record is over sooner than a client's own retry."""
        while True:
            try:
                await self._insert(jobs, extras)
            except UnavailableError as error:
                if self._closing or asyncio.get_running_loop().time() >= until:
                    log.warning("the record is away: %s", error, extra={"action": "submit.unavailable"})
                    raise
                await asyncio.sleep(self._settings.retry_pause_s)
            else:
                return


_WORDS = {int(priority): priority.word for priority in Priority}


def _lane(job: NewJob) -> str:
    return f"{job.platform}/{job.pool}/{_WORDS[job.priority]}"


def _fitting(units: list[_Unit], error: QuotaReachedError) -> list[_Unit]:
    """Those that may be stored, the oldest first; the others are refused."""
    room, fitting = error.limit - error.waiting, []
    for unit in units:
        wanted = sum(job.account_id == error.account_id for job in unit.jobs)
        if not wanted or wanted <= room:
            room -= wanted
            fitting.append(unit)
        else:
            refusal = QuotaReachedError(
                error.account_id, limit=error.limit, waiting=error.limit - room, wanted=wanted
            )
            _settle([unit], refusal)
    return fitting


def _settle(units: list[_Unit], error: Exception | None) -> None:
    for unit in units:
        if unit.done.done():
            continue
        if error is None:
            unit.done.set_result(None)
        else:
            unit.done.set_exception(error)
