"""REST leases and the presence of agents in the record."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import msgspec

from headrace_contracts.messages.agents import Attempt, Heartbeat
from headrace_store.postgres import Pool
from headrace_store.queries import load

SQL = load("headrace_dispatcher.store", "leases.sql")


class LeaseStore:
    """Claims of REST agents."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def renew(self, job_id: UUID, fence: int) -> None:
        """A sign of life: the lease begins anew."""
        await self._pool.execute(SQL["renew"], job_id, fence)

    async def renew_worker(self, worker: UUID) -> None:
        """A sign of life of a worker: all its leases begin anew."""
        await self._pool.execute(SQL["renew_worker"], worker)

    async def of_worker(self, worker: UUID) -> list[Attempt]:
        """What a worker holds."""
        rows = await self._pool.fetch(SQL["of_worker"], worker)
        return [Attempt(id=row["job_id"], fence=row["fence"]) for row in rows]

    async def close(self, job_id: UUID, fence: int) -> str | None:
        """End a lease; returns its ack subject, None when it had ended before or held no message."""
        subject: str | None = await self._pool.fetchval(SQL["close"], job_id, fence)
        return subject

    async def alive(self) -> list[str]:
        """Ack subjects of all messages that are held."""
        return [row["ack_subject"] for row in await self._pool.fetch(SQL["alive"])]

    async def expired(self, limit: int) -> list[Attempt]:
        rows = await self._pool.fetch(SQL["expired"], limit)
        return [Attempt(id=row["job_id"], fence=row["fence"]) for row in rows]


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """What an agent has to hear after its heartbeat."""

    #: Of the attempts that it says it runs, those that are no longer current.
    stale: list[Attempt]
    #: Why it is to take no more jobs; None: it may.
    drained: str | None


class AgentStore:
    """Who is there."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def heartbeat(self, beat: Heartbeat) -> Heard:
        """Record a heartbeat."""
        running = [attempt.id for attempt in beat.running]
        async with self._pool.acquire() as connection:
            drained = await connection.fetchval(
                SQL["heartbeat"], beat.instance, beat.agent, beat.platform, beat.pools, beat.models,
                msgspec.json.encode(beat.missing).decode(), beat.slots, running, beat.draining,
                beat.version, beat.hostname, beat.transport, beat.started_at,
            )  # fmt: skip
            if not beat.running:
                return Heard(stale=[], drained=drained)
            rows = await connection.fetch(SQL["stale"], running, [a.fence for a in beat.running])
        return Heard(stale=[Attempt(id=row["id"], fence=row["fence"]) for row in rows], drained=drained)

    async def goodbye(self, instance: str) -> None:
        await self._pool.execute(SQL["goodbye"], instance)

    async def lose_silent(self, silent_s: float) -> list[str]:
        """Count agents as gone that were silent for ``silent_s``; returns their instances."""
        return [row["instance"] for row in await self._pool.fetch(SQL["lost_instances"], silent_s)]

    async def jobs_of_gone(self, limit: int) -> list[Attempt]:
        rows = await self._pool.fetch(SQL["jobs_of_gone"], limit)
        return [Attempt(id=row["id"], fence=row["fence"]) for row in rows]

    async def forgotten(self, attempts: Sequence[Attempt]) -> list[Attempt]:
        """Of ``attempts``, those that hold their job and that their living agent says nothing of."""
        rows = await self._pool.fetch(
            SQL["forgotten"], [attempt.id for attempt in attempts], [attempt.fence for attempt in attempts]
        )
        return [Attempt(id=row["id"], fence=row["fence"]) for row in rows]

    async def slots_by_pool(self, silent_s: float) -> dict[tuple[str, str], int]:
        """Slots online for each (platform, pool)."""
        rows = await self._pool.fetch(SQL["slots_by_pool"], silent_s)
        return {(row["platform"], row["pool"]): row["slots"] for row in rows}

    async def overdue(self, grace_s: float, limit: int) -> list[Attempt]:
        """Runs over their time that nobody stopped."""
        rows = await self._pool.fetch(SQL["overdue"], grace_s, limit)
        return [Attempt(id=row["id"], fence=row["fence"]) for row in rows]


class Singletons:
    """Work that one dispatcher does for all: whoever holds the advisory lock does this round."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def turn(self, key: int) -> AsyncIterator[bool]:
        """True when this round is ours; the lock goes with the transaction, so also when we die."""
        async with self._pool.acquire() as connection, connection.transaction():
            yield bool(await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", key))
