"""Which objects the record refers to, and how far the sweep has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from headrace_store.postgres import Pool
from headrace_store.queries import load

SQL = load("headrace_dispatcher.store", "orphans.sql")


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where the sweep goes on: behind the key ``after``, which is empty at the beginning."""

    prefix: str
    after: str


class OrphanStore:
    """Reads references; writes the sweep's own progress only."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def orphans(self, owners: Mapping[str, UUID], *, grace_s: float) -> set[str]:
        """Of the keys, those that nothing refers to. Values: the job or file in whose folder each lies."""
        rows = await self._pool.fetch(SQL["orphans"], list(owners), list(owners.values()), grace_s)
        return {row["key"] for row in rows}

    async def next(self, prefixes: Sequence[str], *, every_s: float) -> Place | None:
        """Where to go on; None: nothing is due."""
        await self._pool.execute(SQL["begin"], prefixes)
        row = await self._pool.fetchrow(SQL["next"], prefixes, every_s)
        return None if row is None else Place(prefix=row["prefix"], after=row["after_key"])

    async def came_to(self, place: Place) -> None:
        await self._pool.execute(SQL["came_to"], place.prefix, place.after)

    async def finished(self, prefix: str) -> None:
        await self._pool.execute(SQL["finished"], prefix)
