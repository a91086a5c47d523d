"""Machines that work over REST under an account (auralis, jobserver)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from headrace_contracts.ids import hash_token, new_id, new_token
from headrace_store.accounts.rows import fields
from headrace_store.postgres import Connection, Pool
from headrace_store.queries import load

_SQL = load("headrace_store.accounts", "workers.sql")

ONLINE = "online"
OFFLINE = "offline"
ERROR = "error"
PRESENCES: tuple[str, ...] = (ONLINE, OFFLINE, ERROR)
#: What a list may be sorted by.
SORT_KEYS: tuple[str, ...] = (
    "registered_at", "seen_at", "name", "hostname", "presence", "cpu_count", "memory_mb", "jobs_completed",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class NewWorker:
    """A machine that registers."""

    account_id: UUID
    dialect: str
    #: jobserver: the workerId that the machine chose; auralis: a name for people.
    name: str
    #: ``linux-amd64``, ``linux-arm64`` or ``any``.
    platform: str
    #: What its token begins with.
    token_prefix: str
    hostname: str = ""
    cpu_count: int | None = None
    memory_mb: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    tags: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Worker:
    """A registered machine."""

    id: UUID
    account_id: UUID
    dialect: str
    name: str
    platform: str
    hostname: str
    cpu_count: int | None
    memory_mb: int | None
    metadata: dict[str, Any]
    tags: list[str]
    #: What the machine says of itself.
    status: str
    jobs_completed: int
    registered_at: datetime
    seen_at: datetime
    #: One of PRESENCES.
    presence: str
    #: The jobs that it holds.
    held: list[UUID]


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerOwner:
    """Whose token it is."""

    id: UUID
    account_id: UUID
    dialect: str
    name: str
    platform: str
    token_hash: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerQuery:
    """Which workers to list; all conditions hold together. None = any."""

    account_id: UUID | None
    dialect: str | None = None
    presences: Sequence[str] | None = None
    #: A worker must have all of these.
    tags: Sequence[str] = ()
    #: One of SORT_KEYS.
    sort: str = "registered_at"
    descending: bool = False
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerPage:
    workers: list[Worker]
    #: Of all that fit, not only of this page.
    total: int


class Workers:
    """Works on a pool or one connection. Every method raises what ``postgres.TRANSIENT`` names."""

    def __init__(self, source: Pool | Connection, *, silent_s: float) -> None:
        """A worker that was silent for ``silent_s`` seconds is offline."""
        self._source = source
        self._silent_s = silent_s

    async def register(self, new: NewWorker) -> tuple[UUID, str, datetime]:
        """Its id, the one copy of its token, and when.

        Raises asyncpg.UniqueViolationError when a jobserver's worker of this name is registered.
        """
        worker_id, token = new_id(), new_token(new.token_prefix)
        registered_at = await self._source.fetchval(
            _SQL["register"], worker_id, new.account_id, new.dialect, new.name, new.platform, new.hostname,
            new.cpu_count, new.memory_mb, msgspec.json.encode(dict(new.metadata)).decode(), list(new.tags),
            hash_token(token),
        )  # fmt: skip
        return worker_id, token, registered_at

    async def by_token(self, token_hash: bytes) -> WorkerOwner | None:
        """None for an unknown token, a deleted worker and a disabled account."""
        row = await self._source.fetchrow(_SQL["by_token"], token_hash)
        return None if row is None else WorkerOwner(**fields(row))

    async def seen(self, worker_id: UUID) -> None:
        await self._source.execute(_SQL["seen"], worker_id)

    async def heartbeat(self, worker_id: UUID, status: str, jobs_completed: int | None) -> bool:
        """False when it was deleted."""
        return await self._source.fetchval(_SQL["heartbeat"], worker_id, status, jobs_completed) is not None

    async def get(
        self, account_id: UUID, *, worker_id: UUID | None = None, name: str | None = None
    ) -> Worker | None:
        """By id, or a jobserver's worker by the name that it chose."""
        if worker_id is None and name is None:
            return None
        row = await self._source.fetchrow(_SQL["get"], account_id, worker_id, name, self._silent_s)
        return None if row is None else _worker(row)

    async def listed(self, query: WorkerQuery) -> WorkerPage:
        presences = None if query.presences is None else list(query.presences)
        where = (query.account_id, query.dialect, presences, list(query.tags), self._silent_s)
        total = await self._source.fetchval(_SQL["count"], *where)
        rows = await self._source.fetch(
            _SQL["list"], *where, query.sort, query.descending, query.limit, query.offset
        )
        return WorkerPage(workers=[_worker(row) for row in rows], total=total)

    async def held(self, worker_id: UUID) -> list[UUID]:
        """The jobs that it holds."""
        return [UUID(int=row["job_id"].int) for row in await self._source.fetch(_SQL["held"], worker_id)]

    async def delete(self, account_id: UUID | None, worker_id: UUID) -> bool:
        """Its token is dead at once. False when the account (None = any) has no such worker."""
        return await self._source.fetchval(_SQL["delete"], account_id, worker_id) is not None

    async def lapse(self, worker_id: UUID) -> int:
        """Let its claims lapse now, for who can't ask a dispatcher; returns how many."""
        return len(await self._source.fetch(_SQL["lapse"], worker_id))


def _worker(row: asyncpg.Record) -> Worker:
    values = fields(row)
    values["metadata"] = msgspec.json.decode(values["metadata"])
    return Worker(**values)
