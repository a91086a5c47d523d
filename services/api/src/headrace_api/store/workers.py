"""Workers of an account as the use cases see them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg

from headrace_api.core.errors import ConflictError
from headrace_api.store.record import translated
from headrace_store.accounts.workers import NewWorker, Worker, WorkerPage, WorkerQuery, Workers
from headrace_store.postgres import Pool


class RecordWorkers:
    """``core.workers.WorkerRecord``."""

    def __init__(self, pool: Pool, *, silent_s: float) -> None:
        self._workers = Workers(pool, silent_s=silent_s)

    async def register(self, new: NewWorker) -> tuple[UUID, str, datetime]:
        try:
            with translated():
                return await self._workers.register(new)
        except asyncpg.UniqueViolationError:
            raise ConflictError("Worker already registered") from None

    async def seen(self, worker_id: UUID) -> None:
        with translated():
            await self._workers.seen(worker_id)

    async def heartbeat(self, worker_id: UUID, status: str, jobs_completed: int | None) -> bool:
        with translated():
            return await self._workers.heartbeat(worker_id, status, jobs_completed)

    async def get(
        self, account_id: UUID, *, worker_id: UUID | None = None, name: str | None = None
    ) -> Worker | None:
        with translated():
            return await self._workers.get(account_id, worker_id=worker_id, name=name)

    async def listed(self, query: WorkerQuery) -> WorkerPage:
        with translated():
            return await self._workers.listed(query)

    async def held(self, worker_id: UUID) -> list[UUID]:
        with translated():
            return await self._workers.held(worker_id)

    async def delete(self, account_id: UUID, worker_id: UUID) -> bool:
        with translated():
            return await self._workers.delete(account_id, worker_id)
