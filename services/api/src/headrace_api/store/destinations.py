"""Rows of ``destinations``."""

from __future__ import annotations

from uuid import UUID

import msgspec

from headrace_api.core.destinations import Destination
from headrace_api.store.record import translated
from headrace_store.jobs.rows import uid
from headrace_store.postgres import Pool
from headrace_store.queries import load

_SQL = load("headrace_api.store", "destinations.sql")


class RecordDestinations:
    """``core.destinations.DestinationRecord``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, destination: Destination, secret: bytes | None) -> bool:
        config = msgspec.json.encode(destination.config).decode()
        with translated():
            made = await self._pool.fetchval(
                _SQL["add"],
                destination.id, destination.account_id, destination.name, destination.platform, config, secret,
                destination.created_at,
            )  # fmt: skip
        return made is not None

    async def listed(self, account_id: UUID) -> list[Destination]:
        with translated():
            rows = await self._pool.fetch(_SQL["list"], account_id)
        return [
            Destination(
                id=uid(row["id"]),
                account_id=uid(row["account_id"]),
                name=row["name"],
                platform=row["platform"],
                config=msgspec.json.decode(row["config"]),
                has_secret=row["has_secret"],
                created_at=row["created_at"],
            )
            for row in rows
        ]

    async def delete(self, account_id: UUID, name: str) -> bool:
        with translated():
            return await self._pool.fetchval(_SQL["delete"], account_id, name) is not None
