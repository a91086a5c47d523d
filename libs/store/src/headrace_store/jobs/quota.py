"""Room for the jobs of accounts that may have so many waiting and no more (ADR 0023)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from uuid import UUID

from headrace_store.jobs.rows import uid
from headrace_store.jobs.submit import NewJob
from headrace_store.postgres import Connection
from headrace_store.queries import load

_SQL = load("headrace_store.jobs", "quota.sql")


class QuotaReachedError(Exception):
    """The account may not have so many jobs waiting; nothing was stored."""

    def __init__(self, account_id: UUID, *, limit: int, waiting: int, wanted: int) -> None:
        super().__init__(f"{wanted} more would wait beside {waiting}; the limit is {limit}")
        self.account_id = account_id
        self.limit = limit
        self.waiting = waiting
        self.wanted = wanted


async def hold_room(connection: Connection, jobs: Sequence[NewJob], accounts: Collection[UUID]) -> None:
    """Make sure that those of ``jobs`` may wait that are of ``accounts``, until the transaction ends.

    Raises QuotaReachedError. The accounts are locked in one order: two batches with the same accounts never wait for
    each other.
    """
    for account_id in sorted(accounts):
        await connection.execute(_SQL["lock"], account_id)
    wanted = Counter(job.account_id for job in jobs)
    for row in await connection.fetch(_SQL["room"], list(accounts), [job.id for job in jobs]):
        account_id = uid(row["id"])
        more = wanted[account_id] - row["stored"]
        if more > 0 and row["waiting"] + more > row["max_queued"]:
            raise QuotaReachedError(account_id, limit=row["max_queued"], waiting=row["waiting"], wanted=more)
