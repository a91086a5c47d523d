"""Rows of ``handed_in``."""

from __future__ import annotations

from uuid import UUID

from headrace_api.core.handed_in import Noted
from headrace_api.store.record import translated
from headrace_contracts.messages.events import FileRef
from headrace_store.postgres import Pool
from headrace_store.queries import load

_SQL = load("headrace_api.store", "handed_in.sql")


class RecordHandedIn:
    """``core.handed_in.HandedInRecord``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def note(self, job_id: UUID, token_hash: bytes, file: FileRef) -> Noted:
        with translated():
            row = await self._pool.fetchrow(
                _SQL["note"], job_id, token_hash, file.key, file.name, file.mime, file.size
            )
        return Noted(held=False) if row is None else Noted(held=True, replaced=row["replaced"])

    async def get(self, job_id: UUID, token_hash: bytes) -> FileRef | None:
        with translated():
            row = await self._pool.fetchrow(_SQL["get"], job_id, token_hash)
        return None if row is None else FileRef(**row)
