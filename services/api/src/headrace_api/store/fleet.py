"""Rows of ``agents``."""

from __future__ import annotations

import msgspec

from headrace_api.core.fleet import Agent
from headrace_api.store.record import translated
from headrace_contracts.limits import AGENT_SILENT_S
from headrace_store.postgres import Pool
from headrace_store.queries import load

_SQL = load("headrace_api.store", "fleet.sql")


class RecordFleet:
    """``core.fleet.FleetRecord``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def online(self) -> list[Agent]:
        with translated():
            rows = await self._pool.fetch(_SQL["online"], AGENT_SILENT_S)
        return [Agent(**{**row, "missing": msgspec.json.decode(row["missing"])}) for row in rows]
