"""How long jobs wait and run, from what the record says that they really did."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol
from uuid import UUID

from headrace_api.core.errors import UnavailableError
from headrace_api.core.load import ClassLoad, Expected, Load, Place, ahead_of, free_of, wait_of
from headrace_api.core.shared import Shared
from headrace_contracts.jobs.lane import Lane
from headrace_contracts.jobs.priority import Priority

#: How old what is known of past runs may be, in seconds.
_RUNS_FRESH_S: Final = 1.0
#: The same of what waits and runs now.
_LOAD_FRESH_S: Final = 0.2


@dataclass(frozen=True, kw_only=True, slots=True)
class RunTimes:
    """Of recent runs that came to an end of their own."""

    runs: int
    mean_s: float
    median_s: float


class EstimateRecord(Protocol):
    """Raises UnavailableError while the record is away."""

    async def runs(self, pool: str) -> Mapping[str, RunTimes]:
        """By model, of the pool's recent jobs of all accounts."""
        ...

    async def waiting(self, platform: str, pool: str) -> Mapping[Priority, ClassLoad]:
        """What waits in each class; takes long where much waits."""
        ...

    async def servers(self, platform: str, pool: str) -> Load:
        """Who serves the pool and what they have in hand, without what waits."""
        ...

    async def price_per_hour(self, pool: str) -> float | None: ...


class Estimates:
    """Never a constant: None where nothing is known."""

    def __init__(self, record: EstimateRecord, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._record = record
        self._runs = Shared(record.runs, least_s=_RUNS_FRESH_S, clock=clock)
        self._waiting = Shared(self._wait_in, least_s=_LOAD_FRESH_S, clock=clock)
        self._servers = Shared(self._serve, least_s=_LOAD_FRESH_S, clock=clock)

    async def run(self, model: str, pool: str) -> RunTimes | None:
        """How long the model's recent jobs ran in the pool. Raises UnavailableError."""
        return (await self._runs.get(pool)).get(model)

    async def price_per_hour(self, pool: str) -> float | None:
        """What one machine of an operator's pool costs, in USD; None where the operator has not said."""
        return await self._record.price_per_hour(pool)

    async def expect(self, lane: Lane, account_id: UUID, place: Place | None) -> Expected:
        """What a job of the account has before it that waits in the lane; ``place`` None: it is not known.

        Raises UnavailableError.
        """
        load = await self._load(lane)
        ahead = None if place is None else ahead_of(load, lane.priority, account_id, place)
        mean_s = mean_of(await self._runs.get(lane.pool))
        return Expected(
            ahead=ahead,
            servers=load.servers,
            free=free_of(load),
            wait_s=None if ahead is None else wait_of(load, ahead, mean_s),
        )

    async def expect_next(self, lane: Lane, account_id: UUID) -> Expected | None:
        """As ``expect`` for a job that is to be submitted: a burst asks the record once.

        None when the record can't be asked: a submit does not fail for want of an estimate.
        """
        try:
            load = await self._load(lane)
            own = load.classes.get(lane.priority, ClassLoad()).accounts.get(account_id, 0)
            return await self.expect(lane, account_id, Place(released=False, older=own))
        except UnavailableError:
            return None

    async def _load(self, lane: Lane) -> Load:
        key = (lane.platform, lane.pool)
        return replace(await self._servers.get(key), classes=await self._waiting.get(key))

    async def _wait_in(self, key: tuple[str, str]) -> Mapping[Priority, ClassLoad]:
        return await self._record.waiting(*key)

    async def _serve(self, key: tuple[str, str]) -> Load:
        return await self._record.servers(*key)


def mean_of(runs: Mapping[str, RunTimes]) -> float | None:
    """The mean over all models; None without any run."""
    count = sum(times.runs for times in runs.values())
    return sum(times.mean_s * times.runs for times in runs.values()) / count if count else None
