"""The life of attempts in the record."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from headrace_contracts.jobs.state import JobState
from headrace_contracts.messages.agents import Attempt
from headrace_contracts.messages.changes import Change
from headrace_dispatcher.changes.rows import moved
from headrace_dispatcher.store.locked import LockedJob
from headrace_dispatcher.store.release import lane_of
from headrace_dispatcher.store.rows import Held, HeldRow, Holder, StartedRow
from headrace_store.jobs.rows import uid
from headrace_store.postgres import Pool
from headrace_store.queries import load

SQL = load("headrace_dispatcher.store", "attempts.sql")


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A REST agent's claim on the job of a message that is held for it."""

    attempt: Attempt
    state: JobState
    agent: str
    claim_hash: bytes
    ack_subject: str
    lease_s: float
    #: The registered worker that claims, if it is one.
    worker: UUID | None = None


def _started(row: asyncpg.Record, change: Change | None = None) -> StartedRow:
    return StartedRow(
        attempt=row["attempt"],
        input_key=row["input_key"],
        input_name=row["input_name"],
        lane=lane_of(row),
        change=change,
    )


class AttemptStore:
    """Starts and claims of attempts, and jobs under lock."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def start(self, jobs: Sequence[Attempt], agent: str, instance: str) -> dict[UUID, StartedRow]:
        """Start queued jobs for a JetStream agent; those that the common case does not cover are missing."""
        rows = await self._pool.fetch(
            SQL["start"], [job.id for job in jobs], [job.fence for job in jobs], agent, instance
        )
        now = datetime.now(UTC)
        return {row["id"]: _started(row, moved(row, now)) for row in rows}

    async def claim(self, claims: Sequence[Claim]) -> list[Held | None]:
        """Claim queued jobs for REST agents; None for what can't be had."""
        rows = await self._pool.fetch(
            SQL["claim"],
            [claim.attempt.id for claim in claims],
            [claim.attempt.fence for claim in claims],
            [claim.state for claim in claims],
            [claim.agent for claim in claims],
            [claim.claim_hash for claim in claims],
            [claim.ack_subject for claim in claims],
            [claim.lease_s for claim in claims],
            [claim.worker for claim in claims],
        )
        now = datetime.now(UTC)
        held = {
            (row["id"], row["fence"]): Held(attempt=row["attempt"], change=moved(row, now)) for row in rows
        }
        return [held.get((claim.attempt.id, claim.attempt.fence)) for claim in claims]

    async def begin(self, job_id: UUID, fence: int) -> Change | None:
        """A claimed job runs now; None when it did already."""
        row = await self._pool.fetchrow(SQL["begin"], job_id, fence)
        return None if row is None else moved(row, datetime.now(UTC))

    async def late(self, limit: int) -> list[UUID]:
        """Jobs that were to start by now and have not begun."""
        return [uid(row["id"]) for row in await self._pool.fetch(SQL["late"], limit)]

    async def started(self, job_id: UUID, fence: int) -> StartedRow | None:
        """The attempt, if it is the one that holds the job."""
        row = await self._pool.fetchrow(SQL["started"], job_id, fence)
        return None if row is None else _started(row)

    async def holder(self, job_id: UUID) -> Holder | None:
        """Who holds the job."""
        row = await self._pool.fetchrow(SQL["holder"], job_id)
        return None if row is None else Holder(**{**row, "state": JobState(row["state"])})

    @asynccontextmanager
    async def locked(self, job_id: UUID) -> AsyncIterator[LockedJob | None]:
        """The job's row under lock in a transaction; None when there is no such job."""
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(SQL["lock"], job_id)
            if row is None:
                yield None
                return
            account_id = uid(row["account_id"])
            held = HeldRow(**{**row, "account_id": account_id, "state": JobState(row["state"])})
            yield LockedJob(connection, held)
