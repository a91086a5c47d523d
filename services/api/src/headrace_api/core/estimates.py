"""How long jobs wait and run, from what the record says that they really did."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

from headrace_api.core.errors import UnavailableError
from headrace_contracts.jobs.lane import Lane

#: How old what is known of all pools may be, in seconds.
_FRESH_S: Final = 5.0
_MOST_LANES: Final = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class RunTimes:
    """Of recent runs that came to an end of their own."""

    runs: int
    mean_s: float
    median_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """One lane at the moment."""

    #: Jobs that go first: of higher priority, or as urgent and older.
    ahead: int
    #: Jobs of the pool that are held.
    running: int
    #: What the agents on JetStream that are online can run of the pool at once.
    slots: int
    #: Agents over REST that asked for jobs of the pool lately.
    rest: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """What a job that waits has before it."""

    #: Jobs that go first.
    ahead: int
    #: Jobs that all who serve the pool can run at once.
    servers: int
    wait_s: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    at: float
    expected: asyncio.Future[Expected | None]


class EstimateRecord(Protocol):
    """Raises UnavailableError while the record is away."""

    async def runs(self) -> Mapping[tuple[str, str], RunTimes]:
        """By (pool, model), of the recent jobs of all accounts."""
        ...

    async def load(self, lane: Lane, before: UUID | None) -> Load:
        """``before``: the job that waits; None = one that would be submitted now."""
        ...

    async def price_per_hour(self, pool: str) -> float | None: ...


class Estimates:
    """Never a constant: None where nothing is known."""

    def __init__(self, record: EstimateRecord, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._record = record
        self._clock = clock
        self._lock = asyncio.Lock()
        self._runs: Mapping[tuple[str, str], RunTimes] = {}
        self._read_at = float("-inf")
        #: What the next job of a lane has before it.
        self._next: dict[Lane, _Known] = {}

    async def run(self, model: str, pool: str) -> RunTimes | None:
        """How long the model's recent jobs ran in the pool. Raises UnavailableError."""
        return (await self._recent()).get((pool, model))

    async def price_per_hour(self, pool: str) -> float | None:
        """What one machine of an operator's pool costs, in USD; None where the operator has not said."""
        return await self._record.price_per_hour(pool)

    async def wait_s(self, lane: Lane, *, job_id: UUID | None = None, workers: int = 0) -> float | None:
        """How long a job of the lane will wait, in seconds; None when that can't be known.

        ``job_id``: a job that waits already; None = one that is submitted now. ``workers``: registered machines that
        are known to serve the pool over REST, one job at a time each. Raises UnavailableError.
        """
        return (await self.expect(lane, job_id=job_id, workers=workers)).wait_s

    async def expect(self, lane: Lane, *, job_id: UUID | None = None, workers: int = 0) -> Expected:
        """As ``wait_s``, with what it is made of."""
        load = await self._record.load(lane, job_id)
        wait_s = wait_of(load, workers, mean_of(await self._recent(), lane.pool))
        return Expected(ahead=load.ahead, servers=servers_of(load, workers), wait_s=wait_s)

    async def expect_next(self, lane: Lane, workers: Callable[[], Awaitable[int]]) -> Expected | None:
        """As ``expect`` for a job that is to be submitted, some seconds old at most: a burst asks the record once.

        None when the record can't be asked: a submit does not fail for want of an estimate.
        """
        known = self._next.get(lane)
        if known is None or self._clock() - known.at > _FRESH_S:
            known = _Known(at=self._clock(), expected=asyncio.ensure_future(self._fresh(lane, workers)))
            self._next.pop(lane, None)
            self._next[lane] = known
            while len(self._next) > _MOST_LANES:
                del self._next[next(iter(self._next))]
        return await asyncio.shield(known.expected)

    async def _fresh(self, lane: Lane, workers: Callable[[], Awaitable[int]]) -> Expected | None:
        try:
            return await self.expect(lane, workers=await workers())
        except UnavailableError:
            return None

    async def _recent(self) -> Mapping[tuple[str, str], RunTimes]:
        async with self._lock:
            if self._clock() - self._read_at > _FRESH_S:
                self._runs = await self._record.runs()
                self._read_at = self._clock()
            return self._runs


def mean_of(runs: Mapping[tuple[str, str], RunTimes], pool: str) -> float | None:
    """The mean over all models of the pool; None without any run."""
    found = [times for (name, _), times in runs.items() if name == pool]
    count = sum(times.runs for times in found)
    return sum(times.mean_s * times.runs for times in found) / count if count else None


def servers_of(load: Load, workers: int) -> int:
    """A registered worker that asked lately is counted once."""
    return load.slots + max(load.rest, workers)


def wait_of(load: Load, workers: int, mean_s: float | None) -> float | None:
    """Jobs that go first, spread over all who serve the pool; what runs is half done on average."""
    servers = servers_of(load, workers)
    if servers == 0:
        return None
    free = servers - load.running
    if load.ahead < free:
        return 0.0
    if mean_s is None:
        return None
    busy = min(load.running, servers)
    return (load.ahead + busy / 2) * mean_s / servers
