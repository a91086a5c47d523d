"""Rows of ``webhook_endpoints`` that clients manage, and their deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from headrace_api.core.webhook_endpoints import Endpoint, SendAttempt, SentEvent
from headrace_api.store.record import translated
from headrace_store.accounts.rows import fields
from headrace_store.postgres import Pool
from headrace_store.queries import load

_SQL = load("headrace_api.store", "webhook_endpoints.sql")


class RecordEndpoints:
    """``core.webhook_endpoints.EndpointRecord``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def subscribe(
        self, account_id: UUID, *, url: str, description: str, events: Sequence[str], secret: str
    ) -> Endpoint | None:
        with translated():
            row = await self._pool.fetchrow(
                _SQL["subscribe"], account_id, url, description, list(events), secret
            )
        return None if row is None else Endpoint(**fields(row))

    async def listed(self, account_id: UUID) -> list[Endpoint]:
        with translated():
            rows = await self._pool.fetch(_SQL["list"], account_id)
        return [Endpoint(**fields(row)) for row in rows]

    async def get(self, account_id: UUID, endpoint_id: UUID) -> Endpoint | None:
        with translated():
            row = await self._pool.fetchrow(_SQL["get"], account_id, endpoint_id)
        return None if row is None else Endpoint(**fields(row))

    async def unsubscribe(self, account_id: UUID, endpoint_id: UUID) -> bool:
        with translated():
            return await self._pool.fetchval(_SQL["unsubscribe"], account_id, endpoint_id) is not None

    async def rotate(self, endpoint_id: UUID, secret: str, old_for: timedelta) -> None:
        with translated():
            await self._pool.execute(_SQL["rotate"], endpoint_id, secret, old_for)

    async def enable(self, endpoint_id: UUID) -> None:
        with translated():
            await self._pool.execute(_SQL["enable"], endpoint_id)

    async def send_test(self, endpoint_id: UUID, delivery_id: UUID, event: str) -> None:
        with translated():
            await self._pool.execute(_SQL["send_test"], delivery_id, endpoint_id, event)

    async def deliveries(self, endpoint_id: UUID, *, limit: int, after: UUID | None) -> list[SentEvent]:
        with translated():
            rows = [
                fields(row) for row in await self._pool.fetch(_SQL["deliveries"], endpoint_id, limit, after)
            ]
            tries = await self._pool.fetch(_SQL["attempts"], [row["id"] for row in rows])
        made: dict[UUID, list[SendAttempt]] = {row["id"]: [] for row in rows}
        for row in tries:
            values = fields(row)
            made[values.pop("delivery_id")].append(SendAttempt(**values))
        return [SentEvent(**row, attempts=made[row["id"]]) for row in rows]

    async def redeliver(self, endpoint_id: UUID, delivery_id: UUID) -> bool:
        with translated():
            return await self._pool.fetchval(_SQL["redeliver"], endpoint_id, delivery_id) is not None
