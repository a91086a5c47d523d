"""What ``core.estimates`` reads."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from headrace_api.core.estimates import Load, RunTimes
from headrace_api.store.record import translated
from headrace_contracts.jobs.lane import ANY_PLATFORM, PLATFORMS, Lane, is_private
from headrace_contracts.limits import AGENT_SILENT_S
from headrace_store.postgres import Pool
from headrace_store.queries import load

_SQL = load("headrace_api.store", "estimates.sql")

#: The youngest jobs that are looked at.
_RECENT = 5000
#: Waiting jobs are counted up to here.
_MOST_AHEAD = 100_000


class RecordEstimates:
    """``core.estimates.EstimateRecord``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def runs(self) -> Mapping[tuple[str, str], RunTimes]:
        with translated():
            rows = await self._pool.fetch(_SQL["runs"], _RECENT)
        return {
            (row["pool"], row["model"]): RunTimes(
                runs=row["runs"], mean_s=row["mean_s"], median_s=row["median_s"]
            )
            for row in rows
        }

    async def load(self, lane: Lane, before: UUID | None) -> Load:
        everywhere = lane.platform == ANY_PLATFORM
        platforms = [*PLATFORMS, ANY_PLATFORM] if everywhere else [lane.platform, ANY_PLATFORM]
        with translated():
            row = await self._pool.fetchrow(
                _SQL["load"], platforms, lane.pool, int(lane.priority), before, AGENT_SILENT_S, _MOST_AHEAD,
                not is_private(lane.pool),
            )  # fmt: skip
        assert row is not None  # noqa: S101 -- an aggregate always has a row
        return Load(ahead=row["ahead"], running=row["running"], slots=row["slots"], rest=row["rest"])

    async def price_per_hour(self, pool: str) -> float | None:
        with translated():
            price = await self._pool.fetchval(_SQL["price"], pool)
        return None if price is None else float(price)
