"""The life of attempts in the record."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from headrace_contracts.jobs.lane import Lane
from headrace_contracts.jobs.state import JobState
from headrace_contracts.messages.agents import Attempt
from headrace_contracts.messages.events import FailureCode, Output, Progressed
from headrace_dispatcher.recorder.outcome import Outcome
from headrace_dispatcher.store.release import lane_of
from headrace_dispatcher.store.rows import Ended, Finished, HeldRow, Holder, StartedRow
from headrace_store.postgres import Connection, Pool
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


class LockedJob:
    """One job's row, locked until the transaction ends: decisions that SQL alone does not make."""

    def __init__(self, connection: Connection, row: HeldRow) -> None:
        self._connection = connection
        self.row = row

    async def keep_attempt(self, outcome: str, reason: str) -> None:
        """Write the current attempt into the history: the job goes on without it."""
        await self._connection.execute(SQL["keep_attempt"], self.row.id, outcome, reason)

    async def requeue(self, *, in_work: bool, not_before: datetime | None, counts: bool) -> Lane:
        """Back to the queue; ``in_work`` = its message is still in WORK, ``counts`` = the attempt counts."""
        row = await self._connection.fetchrow(SQL["requeue"], self.row.id, in_work, not_before, counts)
        assert row is not None  # noqa: S101 -- the row is locked by us
        return lane_of(row)

    async def end(self, state: JobState, code: FailureCode | None, reason: str | None) -> Ended | None:
        """End the job without a result."""
        return await end_without_run(self._connection, self.row.id, state, code, reason, [self.row.state])


async def end_without_run(
    connection: Connection | Pool,
    job_id: UUID,
    state: JobState,
    code: FailureCode | None,
    reason: str | None,
    sources: Sequence[JobState],
) -> Ended | None:
    """Move a job to a final state from one of ``sources``; None when it is in none of them."""
    row = await connection.fetchrow(SQL["end_without_run"], job_id, state, code, reason, list(sources))
    if row is None:
        return None
    return Ended(
        id=row["id"],
        lane=lane_of(row),
        state=JobState(row["state"]),
        finished_at=row["finished_at"],
        released=row["released"],
        fence=row["fence"],
        instance=row["instance"],
        ack_subject=row["ack_subject"],
        hooked=row["webhook_url"] is not None,
    )


def _started(row: asyncpg.Record) -> StartedRow:
    return StartedRow(
        attempt=row["attempt"], input_key=row["input_key"], input_name=row["input_name"], lane=lane_of(row)
    )


class AttemptStore:
    """Starts, outcomes and ends of attempts."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def start(self, jobs: Sequence[Attempt], agent: str, instance: str) -> dict[UUID, StartedRow]:
        """Start queued jobs for a JetStream agent; those that the common case does not cover are missing."""
        rows = await self._pool.fetch(
            SQL["start"], [job.id for job in jobs], [job.fence for job in jobs], agent, instance
        )
        return {row["id"]: _started(row) for row in rows}

    async def claim(self, claims: Sequence[Claim]) -> list[int | None]:
        """Claim queued jobs for REST agents: the number of each attempt, None for what can't be had."""
        rows = await self._pool.fetch(
            SQL["claim"],
            [claim.attempt.id for claim in claims],
            [claim.attempt.fence for claim in claims],
            [claim.state for claim in claims],
            [claim.agent for claim in claims],
            [claim.claim_hash for claim in claims],
            [claim.ack_subject for claim in claims],
            [claim.lease_s for claim in claims],
        )
        numbers = {(row["id"], row["fence"]): row["attempt"] for row in rows}
        return [numbers.get((claim.attempt.id, claim.attempt.fence)) for claim in claims]

    async def begin(self, job_id: UUID, fence: int) -> None:
        """A claimed job runs now."""
        await self._pool.execute(SQL["begin"], job_id, fence)

    async def started(self, job_id: UUID, fence: int) -> StartedRow | None:
        """The attempt, if it is the one that holds the job."""
        row = await self._pool.fetchrow(SQL["started"], job_id, fence)
        return None if row is None else _started(row)

    async def holder(self, job_id: UUID) -> Holder | None:
        """Who holds the job."""
        row = await self._pool.fetchrow(SQL["holder"], job_id)
        return None if row is None else Holder(**{**row, "state": JobState(row["state"])})

    async def finish(self, outcomes: Sequence[Outcome]) -> list[Finished]:
        """Record outcomes of current attempts, with what follows from them; what is missing was not current."""
        columns = zip(*(outcome.columns() for outcome in outcomes), strict=True)
        rows = await self._pool.fetch(SQL["finish"], *(list(column) for column in columns))
        return [
            Finished(
                id=row["id"],
                lane=lane_of(row),
                exported=row["exported"],
                hooked=row["hooked"],
                ack_subject=row["ack_subject"],
            )
            for row in rows
        ]

    @asynccontextmanager
    async def locked(self, job_id: UUID) -> AsyncIterator[LockedJob | None]:
        """The job's row under lock in a transaction; None when there is no such job."""
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(SQL["lock"], job_id)
            yield (
                None
                if row is None
                else LockedJob(connection, HeldRow(**{**row, "state": JobState(row["state"])}))
            )

    async def end(
        self,
        job_id: UUID,
        state: JobState,
        sources: Sequence[JobState],
        code: FailureCode | None = None,
        reason: str | None = None,
    ) -> Ended | None:
        """End a job from outside."""
        return await end_without_run(self._pool, job_id, state, code, reason, sources)

    async def progress(self, events: Sequence[Progressed]) -> None:
        await self._pool.execute(
            SQL["progress"],
            [event.id for event in events],
            [event.fence for event in events],
            [event.percent for event in events],
            [event.message for event in events],
        )

    async def output(self, events: Sequence[Output]) -> None:
        await self._pool.execute(
            SQL["output"],
            [event.id for event in events],
            [event.fence for event in events],
            [event.seq for event in events],
            [event.stream for event in events],
            # Postgres text can't hold NUL.
            [event.text.replace("\x00", "\ufffd") for event in events],
        )
