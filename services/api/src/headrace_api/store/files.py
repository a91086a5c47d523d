"""Rows of ``files``."""

from __future__ import annotations

from dataclasses import astuple
from uuid import UUID

import asyncpg

from headrace_api.core.files import ClientFile
from headrace_api.store.record import translated
from headrace_store.jobs.rows import uid
from headrace_store.postgres import Pool
from headrace_store.queries import load

_SQL = load("headrace_api.store", "files.sql")


class RecordFiles:
    """``core.files.FileRecord``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, file: ClientFile) -> None:
        with translated():
            await self._pool.execute(_SQL["add"], *astuple(file))

    async def get(self, file_id: UUID) -> ClientFile | None:
        with translated():
            row = await self._pool.fetchrow(_SQL["get"], file_id)
        return None if row is None else _file(row)

    async def listed(self, account_id: UUID, *, limit: int, after: UUID | None) -> list[ClientFile]:
        with translated():
            rows = await self._pool.fetch(_SQL["list"], account_id, limit, after)
        return [_file(row) for row in rows]

    async def arrived(self, file_id: UUID, *, key: str, size: int, mime: str) -> bool:
        with translated():
            return await self._pool.fetchval(_SQL["arrived"], file_id, key, size, mime) is not None

    async def delete(self, file_id: UUID) -> None:
        with translated():
            await self._pool.execute(_SQL["delete"], file_id)


def _file(row: asyncpg.Record) -> ClientFile:
    return ClientFile(**{**row, "id": uid(row["id"]), "account_id": uid(row["account_id"])})
