"""The queue side of the record: what waits, what was released."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from operator import itemgetter
from uuid import UUID

import asyncpg

from headrace_contracts.jobs.lane import Lane
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.jobs.state import JobState
from headrace_dispatcher.changes.rows import moved
from headrace_dispatcher.store.rows import InMotion, Requeued, TakenJob
from headrace_store.postgres import Pool
from headrace_store.queries import load

SQL = load("headrace_dispatcher.store", "release.sql")
LIMITS = load("headrace_dispatcher.store", "limits.sql")

_by_turn = itemgetter("turn")
_OF_A_JOB = tuple(field.name for field in fields(TakenJob))


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """Jobs that were marked as released, in the order in which they go."""

    jobs: list[TakenJob]
    #: There may be more in the lane.
    more: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """The oldest waiting job of each lane whose pool is not paused."""

    #: Only in the record.
    unreleased: dict[Lane, UUID]
    #: In WORK.
    released: dict[Lane, UUID]
    #: Agents that are to take no more jobs.
    drained: frozenset[str]


def lane_of(row: asyncpg.Record) -> Lane:
    """The lane in a row with platform, pool and priority."""
    return Lane(row["platform"], row["pool"], Priority(row["priority"]))


def _taken(rows: list[asyncpg.Record], limit: int) -> Taken:
    rows.sort(key=_by_turn)
    more = len(rows) == limit or any(row["more"] for row in rows)
    return Taken(jobs=[TakenJob(**{name: row[name] for name in _OF_A_JOB}) for row in rows], more=more)


class ReleaseStore:
    """Queued jobs."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._limited: list[UUID] = []

    async def learn_limits(self) -> None:
        """See which accounts have a limit on what they have in motion. Until it is known, an account's jobs wait."""
        self._limited = [row["id"] for row in await self._pool.fetch(LIMITS["limited"])]

    async def take(self, lane: Lane, limit: int, *, limited: bool = True) -> Taken:
        """Mark up to ``limit`` of the lane's next jobs as released.

        Tenants take turns (ADR 0022); of a paused pool nothing is taken. ``limited`` False leaves out the accounts that
        may have so much in motion and no more.
        """
        where = (lane.platform, lane.pool, int(lane.priority))
        if not limited or not self._limited:
            return _taken(await self._pool.fetch(SQL["take"], *where, limit, []), limit)
        async with self._pool.acquire() as connection, connection.transaction():
            locked = await connection.fetch(LIMITS["lock_waiting"], *where, self._limited)
            rows = await connection.fetch(SQL["take"], *where, limit, [row["id"] for row in locked])
        taken = _taken(rows, limit)
        # Whether the limit or the room was reached first is not told: the lane is looked at again.
        return replace(taken, more=True) if locked else taken

    async def put_back(self, released: Sequence[tuple[UUID, int]]) -> None:
        """Undo the release of (job, epoch) pairs that are still queued."""
        await self._pool.execute(
            SQL["put_back"], [job for job, _ in released], [epoch for _, epoch in released]
        )

    async def heads(self, *, released: bool) -> dict[Lane, UUID]:
        """The oldest waiting job of each lane: in WORK already, or only in the record (some perhaps not due yet)."""
        return {lane_of(row): row["id"] for row in await self._pool.fetch(SQL["heads"], released)}

    async def look(self) -> Look:
        """What waits, for a claim."""
        rows = await self._pool.fetch(SQL["look"])
        heads: tuple[dict[Lane, UUID], dict[Lane, UUID]] = ({}, {})
        for row in rows:
            if row["drained"] is None:
                heads[row["released"]][lane_of(row)] = row["id"]
        drained = frozenset(row["drained"] for row in rows if row["drained"] is not None)
        return Look(unreleased=heads[False], released=heads[True], drained=drained)

    async def in_motion(self) -> list[InMotion]:
        """Every job that should be one message in WORK."""
        rows = await self._pool.fetch(SQL["in_motion"])
        return [
            InMotion(
                id=row["id"],
                lane=lane_of(row),
                state=JobState(row["state"]),
                epoch=row["epoch"],
                fence=row["fence"],
                instance=row["instance"],
            )
            for row in rows
        ]

    async def due(self, limit: int) -> list[Requeued]:
        """Queue scheduled jobs whose time has come."""
        now = datetime.now(UTC)
        rows = await self._pool.fetch(SQL["due"], limit)
        return [Requeued(lane=lane_of(row), change=moved(row, now)) for row in rows]
