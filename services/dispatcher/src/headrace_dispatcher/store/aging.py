"""Aging in the record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from headrace_contracts.jobs.lane import Lane
from headrace_contracts.jobs.priority import Priority
from headrace_dispatcher.store.pools import RELEASE_TOKENS
from headrace_dispatcher.store.release import lane_of
from headrace_store.postgres import Pool
from headrace_store.queries import load

SQL = load("headrace_dispatcher.store", "aging.sql")

#: Advisory lock: one dispatcher does the round for all.
_TURN = 0x4844_0012

#: (the class that was asked for, seconds waited) -> the class in which to wait.
Rule = Callable[[Priority, float], Priority]


@dataclass(frozen=True, kw_only=True, slots=True)
class Lifted:
    """A job that has risen."""

    id: UUID
    before: Lane
    lane: Lane
    #: It was in WORK, in the lane before; it is not any more.
    released: bool
    #: The number of its last release.
    epoch: int


class AgingStore:
    """Lifts jobs, a bounded number at a time."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def lift(self, rule: Rule, *, period_s: float, limit: int) -> list[Lifted]:
        """Lift up to ``limit`` jobs that have waited for ``period_s`` to the class that ``rule`` says.

        Nothing while another dispatcher does it.
        """
        lifted: list[Lifted] = []
        async with self._pool.acquire() as connection, connection.transaction():
            if not await connection.fetchval(SQL["turn"], _TURN):
                return lifted
            for row in await connection.fetch(SQL["grown"], period_s, limit):
                before = lane_of(row)
                lane = replace(before, priority=rule(Priority(row["asked"]), row["waited_s"]))
                if lane.priority > before.priority:
                    job = Lifted(
                        id=row["id"], before=before, lane=lane, released=row["released"], epoch=row["epoch"]
                    )
                    lifted.append(job)
            if lifted:
                ids, classes = [job.id for job in lifted], [int(job.lane.priority) for job in lifted]
                await connection.execute(SQL["lift"], ids, classes, RELEASE_TOKENS)
        return lifted
