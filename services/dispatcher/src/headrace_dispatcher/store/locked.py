"""One job's row under lock: decisions that SQL alone does not make, and what follows from them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from headrace_contracts.jobs.fence import fence
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.jobs.state import JobState
from headrace_contracts.messages.events import FailureCode
from headrace_dispatcher.changes.rows import moved
from headrace_dispatcher.recorder.outcome import Outcome
from headrace_dispatcher.store.outcomes import end_without_run
from headrace_dispatcher.store.release import LIMITS, lane_of
from headrace_dispatcher.store.release import SQL as RELEASE
from headrace_dispatcher.store.rows import Ended, HeldByName, HeldRow, Moved, Requeued, Retimed, TakenJob
from headrace_store.jobs.rows import uid
from headrace_store.postgres import Connection
from headrace_store.queries import load

SQL = load("headrace_dispatcher.store", "attempts.sql")
REPORTS = load("headrace_dispatcher.store", "reports.sql")
PUBLISHING = load("headrace_dispatcher.store", "publishing.sql")

#: More deliveries than a message can have: no attempt of that release is newer.
_LAST_DELIVERY = 1 << 62
#: A row of output takes at least so many bytes, whatever its text.
_LEAST_CHUNK_BYTES = 64


class LockedJob:
    """Locked until the transaction ends. Each method is one move, whose legality the caller has decided."""

    def __init__(self, connection: Connection, row: HeldRow) -> None:
        self._connection = connection
        self.row = row

    async def keep_attempt(self, outcome: str, reason: str) -> None:
        """Write the current attempt into the history: the job goes on without it."""
        await self._connection.execute(SQL["keep_attempt"], self.row.id, outcome, reason)

    async def requeue(self, *, in_work: bool, not_before: datetime | None, counts: bool) -> Requeued:
        """Back to the queue; ``in_work`` = its message is still in WORK, ``counts`` = the attempt counts.

        When it is to be released anew, no message of an earlier release starts it any more.
        """
        closed = 0 if in_work else fence(self.row.epoch, _LAST_DELIVERY)
        row = await self._fetch(SQL["requeue"], in_work, not_before, counts, closed)
        return Requeued(lane=lane_of(row), change=moved(row, datetime.now(UTC)))

    async def adopt(self, outcome: Outcome) -> None:
        """Make an attempt that ended before its start was recorded the current one."""
        await self._connection.execute(
            SQL["adopt"], self.row.id, outcome.fence, outcome.agent, outcome.instance, outcome.started_at
        )

    async def lost_before(self) -> int:
        """How many of the attempts before the current one were lost."""
        return int(await self._connection.fetchval(SQL["lost_before"], self.row.id))

    async def drop_lease(self) -> str | None:
        """End the claim on it; returns the ack subject of the message that was held for it, if there was one."""
        subject: str | None = await self._connection.fetchval(SQL["drop_lease"], self.row.id)
        return subject

    async def end(self, state: JobState, code: FailureCode | None, reason: str | None) -> Ended | None:
        """End the job without a result."""
        return await end_without_run(self._connection, self.row.id, state, code, reason, [self.row.state])

    async def held_up(self, agent: str) -> str | None:
        """Why ``agent`` may not claim it by its name for now; None = it may.

        Until the transaction ends, nobody else adds to what an account with a limit has in motion.
        """
        standing = await self._fetch(LIMITS["standing"], agent)
        if standing["drained"]:
            return "the agent is to take no more jobs"
        if standing["paused"]:
            return "its pool is paused"
        if standing["limited"]:
            await self._connection.execute(LIMITS["lock_one"], self.row.account_id)
            # In a statement of its own: it sees what others have added while we waited for the lock.
            if not await self._connection.fetchval(LIMITS["has_room"], self.row.id):
                return "its account has as many jobs in motion as it may"
        return None

    async def claim(
        self, state: JobState, *, agent: str, claim_hash: bytes, lease_s: float, worker: UUID | None
    ) -> HeldByName:
        """Claim the job out of the queue, wherever it waits, under a lease without a message."""
        token = fence(self.row.epoch + 1, 1)
        row = await self._fetch(SQL["claim_one"], token, state, agent, claim_hash, lease_s, worker)
        return HeldByName(
            work=TakenJob(
                id=uid(row["id"]),
                epoch=row["epoch"],
                model=row["model"],
                payload=row["payload"],
                input_key=row["input_key"],
                input_mime=row["input_mime"],
                input_name=row["input_name"],
                input_size=row["input_size"],
                created_at=row["created_at"],
                timeout_s=row["timeout_s"],
                attempt=row["attempt"],
                trace=None,
            ),
            fence=token,
            lane=lane_of(row),
            change=moved(row, datetime.now(UTC)),
        )

    async def set_run_at(self, run_at: datetime | None) -> Retimed:
        """Give a waiting job another time; one in the future takes it out of the queue."""
        closed = fence(self.row.epoch, _LAST_DELIVERY)
        row = await self._fetch(RELEASE["set_run_at"], run_at, closed)
        return Retimed(
            lane=lane_of(row),
            state=JobState(row["state"]),
            epoch=row["epoch"],
            change=moved(row, datetime.now(UTC)),
        )

    async def set_priority(self, priority: Priority) -> Moved:
        """Let a waiting job wait in another class, as if it had been asked for."""
        closed = fence(self.row.epoch, _LAST_DELIVERY)
        row = await self._fetch(RELEASE["set_priority"], int(priority), closed)
        lane = lane_of(row)
        return Moved(before=replace(lane, priority=Priority(row["before"])), lane=lane)

    async def set_publish_at(self, publish_at: datetime | None) -> bool:
        """Give those of its publications that have not begun another time; False when all have begun."""
        return bool(await self._connection.fetchval(PUBLISHING["set_publish_at"], self.row.id, publish_at))

    async def output_left(self, limit_bytes: int) -> int:
        """How much output the record still keeps of the job when it keeps ``limit_bytes``."""
        kept = await self._connection.fetchval(REPORTS["output_kept"], self.row.id, _LEAST_CHUNK_BYTES)
        left = limit_bytes - int(kept)
        return left if left >= _LEAST_CHUNK_BYTES else 0

    async def append_output(self, stream: str, text: str, ref: str | None, size: int) -> None:
        """Keep the next chunk of the current attempt's output."""
        await self._connection.execute(
            REPORTS["append_output"], self.row.id, self.row.fence, stream, text, ref, size
        )

    async def _fetch(self, statement: str, *arguments: object) -> asyncpg.Record:
        row = await self._connection.fetchrow(statement, self.row.id, *arguments)
        assert row is not None  # noqa: S101 -- the row is locked by us
        return row
