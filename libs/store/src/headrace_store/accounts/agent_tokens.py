"""Bearer tokens of agents that speak REST (radiance); they belong to the site, not to an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from headrace_contracts.ids import hash_token, new_id, new_token
from headrace_store.accounts.rows import fields
from headrace_store.postgres import Connection, Pool
from headrace_store.queries import load

_SQL = load("headrace_store.accounts", "agent_tokens.sql")
MAX_LISTED = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentToken:
    id: UUID
    name: str
    created_at: datetime
    revoked_at: datetime | None


class AgentTokens:
    """Works on a pool or one connection. Every method raises what ``postgres.TRANSIENT`` names."""

    def __init__(self, source: Pool | Connection) -> None:
        self._source = source

    async def create(self, name: str) -> tuple[AgentToken, str]:
        """The row, and the one copy of the token."""
        token = new_token()
        row = await self._source.fetchrow(_SQL["create"], new_id(), name, hash_token(token))
        assert row is not None  # noqa: S101 -- INSERT ... RETURNING gives a row or raises
        return AgentToken(**fields(row)), token

    async def listed(self) -> list[AgentToken]:
        """Revoked ones too."""
        return [AgentToken(**fields(row)) for row in await self._source.fetch(_SQL["list"], MAX_LISTED)]

    async def revoke(self, token_id: UUID) -> bool:
        """False when there is no such token."""
        return await self._source.fetchval(_SQL["revoke"], token_id) is not None
