"""What ``core.estimates`` reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

from headrace_api.core.estimates import RunTimes
from headrace_api.core.load import ClassLoad, Load
from headrace_api.store.record import translated
from headrace_contracts.catalogue.project import MODEL as PROJECT
from headrace_contracts.jobs.lane import ANY_PLATFORM, PLATFORMS, is_private, owner_of
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.limits import AGENT_SILENT_S
from headrace_store.postgres import Pool
from headrace_store.queries import load

_SQL = load("headrace_api.store", "estimates.sql")

#: The jobs of a pool that are looked at, of those that ended last.
_RECENT = 500
#: Waiting jobs of one class are counted up to here.
_MOST_WAITING = 100_000
#: Runs under way are looked at up to here.
_MOST_HELD = 10_000


class RecordEstimates:
    """``core.estimates.EstimateRecord``."""

    def __init__(self, pool: Pool, *, worker_silent_s: float) -> None:
        """A registered worker that was not heard of for ``worker_silent_s`` is not online."""
        self._pool = pool
        self._worker_silent_s = worker_silent_s

    async def runs(self, pool: str) -> Mapping[str, RunTimes]:
        with translated():
            rows = await self._pool.fetch(_SQL["runs"], pool, _RECENT)
        return {
            row["model"]: RunTimes(runs=row["runs"], mean_s=row["mean_s"], median_s=row["median_s"])
            for row in rows
        }

    async def waiting(self, platform: str, pool: str) -> Mapping[Priority, ClassLoad]:
        with translated():
            rows = await self._pool.fetch(_SQL["queue"], _platforms(platform), pool, _MOST_WAITING)
        released: dict[Priority, int] = {}
        accounts: dict[Priority, dict[UUID, int]] = defaultdict(dict)
        for row in rows:
            priority = Priority(row["priority"])
            if row["released"]:
                released[priority] = row["jobs"]
            else:
                accounts[priority][row["account_id"]] = row["jobs"]
        return {
            priority: ClassLoad(released=released.get(priority, 0), accounts=accounts.get(priority, {}))
            for priority in released.keys() | accounts.keys()
        }

    async def servers(self, platform: str, pool: str) -> Load:
        with translated():
            row = await self._pool.fetchrow(
                _SQL["servers"], _platforms(platform), pool, AGENT_SILENT_S, not is_private(pool),
                _dialect(pool), self._worker_silent_s, owner_of(pool), _MOST_HELD,
            )  # fmt: skip
        assert row is not None  # noqa: S101 -- a statement without FROM always has a row
        return Load(**row)

    async def price_per_hour(self, pool: str) -> float | None:
        with translated():
            price = await self._pool.fetchval(_SQL["price"], pool)
        return None if price is None else float(price)


def _platforms(platform: str) -> list[str]:
    """The platforms of machines that jobs of this one may run on, and of jobs that these machines run."""
    return [*PLATFORMS, ANY_PLATFORM] if platform == ANY_PLATFORM else [platform, ANY_PLATFORM]


def _dialect(pool: str) -> str | None:
    """Of the registered workers that claim from the pool by the names of its jobs, or as their account's own."""
    if is_private(pool):
        return "jobserver"
    return "auralis" if pool == PROJECT.id else None
