"""The ends of jobs in the record, with what follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from headrace_contracts.jobs.retry import RetryPolicy
from headrace_contracts.jobs.state import JobState
from headrace_contracts.messages.events import FailureCode
from headrace_dispatcher.changes.rows import ended
from headrace_dispatcher.recorder.outcome import Outcome
from headrace_dispatcher.recorder.policy import policy_of
from headrace_dispatcher.store.release import lane_of
from headrace_dispatcher.store.rows import Ended, Finished
from headrace_store.postgres import Connection, Pool
from headrace_store.queries import load

SQL = load("headrace_dispatcher.store", "outcomes.sql")


class OutcomeStore:
    """Outcomes of attempts, and ends from outside."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def finish(self, outcomes: Sequence[Outcome]) -> list[Finished]:
        """Record outcomes of current attempts, with what follows from them; what is missing was not current."""
        columns = zip(*(outcome.columns() for outcome in outcomes), strict=True)
        rows = await self._pool.fetch(SQL["finish"], *(list(column) for column in columns))
        now = datetime.now(UTC)
        return [
            Finished(
                id=row["id"],
                lane=lane_of(row),
                state=JobState(row["state"]),
                change=ended(row, now),
                outgoing=row["outgoing"],
                ack_subject=row["ack_subject"],
            )
            for row in rows
        ]

    async def policies(self, job_ids: Sequence[UUID]) -> dict[UUID, RetryPolicy]:
        """The retry policies of jobs."""
        rows = await self._pool.fetch(SQL["policies"], job_ids)
        return {row["id"]: policy_of(row["model"], row["retry"], row["max_attempts"]) for row in rows}

    async def end(
        self,
        job_id: UUID,
        state: JobState,
        sources: Sequence[JobState],
        code: FailureCode | None = None,
        reason: str | None = None,
    ) -> Ended | None:
        """End a job from outside; None when it is in none of ``sources``."""
        return await end_without_run(self._pool, job_id, state, code, reason, sources)


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
        outgoing=row["outgoing"],
        change=ended(row, row["finished_at"]),
    )
