"""Sessions: one row a login."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from headrace_contracts.ids import new_id
from headrace_store.accounts.rows import fields
from headrace_store.postgres import Connection, Pool
from headrace_store.queries import load

_SQL = load("headrace_store.accounts", "sessions.sql")


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionOwner:
    """Who is logged in."""

    user_id: UUID
    account_id: UUID
    plan: str
    email: str
    role: str


class Sessions:
    """Works on a pool or one connection. Every method raises what ``postgres.TRANSIENT`` names."""

    def __init__(self, source: Pool | Connection) -> None:
        self._source = source

    async def open(self, user_id: UUID, *, lasts_s: float, refresh_s: float) -> tuple[UUID, datetime]:
        """A new session: its id, and when it expires. It may be refreshed for ``refresh_s`` longer than it lasts."""
        session_id = new_id()
        expires_at = await self._source.fetchval(
            _SQL["open"], session_id, user_id, lasts_s, lasts_s + refresh_s
        )
        return session_id, expires_at

    async def find(self, session_id: UUID, *, expired_too: bool = False) -> SessionOwner | None:
        """None when it has ended or expired (beyond its refresh, with ``expired_too``), or its owner is disabled."""
        row = await self._source.fetchrow(_SQL["find"], session_id, expired_too)
        return None if row is None else SessionOwner(**fields(row))

    async def live(self, session_ids: Sequence[UUID]) -> dict[UUID, SessionOwner]:
        """Of these sessions, those that have not ended or expired, and whose owner is not disabled."""
        rows = [fields(row) for row in await self._source.fetch(_SQL["live"], session_ids)]
        return {row.pop("id"): SessionOwner(**row) for row in rows}

    async def extend(self, session_id: UUID, *, lasts_s: float, refresh_s: float) -> datetime | None:
        """When it expires from now on; None when it has ended."""
        expires_at: datetime | None = await self._source.fetchval(
            _SQL["extend"], session_id, lasts_s, lasts_s + refresh_s
        )
        return expires_at

    async def end(self, session_id: UUID) -> None:
        await self._source.execute(_SQL["end"], session_id)

    async def forget(self) -> None:
        """Delete those that nobody can use any more."""
        await self._source.execute(_SQL["forget"])
