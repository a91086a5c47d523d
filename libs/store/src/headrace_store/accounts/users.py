"""People who log in with an e-mail address and a password."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from headrace_contracts.ids import new_id
from headrace_store.accounts.rows import fields
from headrace_store.postgres import Connection, Pool
from headrace_store.queries import load

_SQL = load("headrace_store.accounts", "users.sql")
MAX_LISTED = 10_000
MAX_EMAIL_CHARS = 254
ROLES: tuple[str, ...] = ("admin", "user")

# No judge of addresses: only what would make a log or a table unreadable is kept out.
_EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f]+@[^\s@\x00-\x1f\x7f]+")


def normal_email(text: str) -> str:
    """As it is stored: in lower case. Raises ValueError for what is no address."""
    email = text.strip().lower()
    if len(email) > MAX_EMAIL_CHARS or not _EMAIL.fullmatch(email):
        raise ValueError("an e-mail address looks like name@example.org")
    return email


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    id: UUID
    account_id: UUID
    email: str
    role: str
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class UserSecret:
    """Who wants to log in, with what the password is held against."""

    id: UUID
    account_id: UUID
    plan: str
    email: str
    role: str
    password_hash: str = field(repr=False)


class Users:
    """Works on a pool or one connection. Every method raises what ``postgres.TRANSIENT`` names."""

    def __init__(self, source: Pool | Connection) -> None:
        self._source = source

    async def create(self, account_id: UUID, email: str, password_hash: str, role: str) -> User:
        """Raises asyncpg.UniqueViolationError for an address that is there, ForeignKeyViolationError for no account."""
        row = await self._source.fetchrow(_SQL["create"], new_id(), account_id, email, password_hash, role)
        assert row is not None  # noqa: S101 -- INSERT ... RETURNING gives a row or raises
        return User(**fields(row))

    async def ensure(self, account_id: UUID, email: str, password_hash: str, role: str) -> None:
        """Make the person unless the address is there."""
        await self._source.execute(_SQL["ensure"], new_id(), account_id, email, password_hash, role)

    async def exists(self, email: str) -> bool:
        return bool(await self._source.fetchval(_SQL["exists"], email))

    async def listed(self, account_id: UUID | None) -> list[User]:
        """None = of all accounts."""
        return [User(**fields(row)) for row in await self._source.fetch(_SQL["list"], account_id, MAX_LISTED)]

    async def by_email(self, email: str) -> UserSecret | None:
        """None for an unknown and for a disabled person or account."""
        row = await self._source.fetchrow(_SQL["by_email"], email)
        return None if row is None else UserSecret(**fields(row))

    async def set_disabled(self, email: str, *, disabled: bool) -> bool:
        """Kills all sessions at once. False when there is no such person."""
        return await self._source.fetchval(_SQL["set_disabled"], email, disabled) is not None

    async def set_password(self, email: str, password_hash: str) -> bool:
        """Ends all sessions, too. False when there is no such person."""
        return await self._source.fetchval(_SQL["set_password"], email, password_hash) is not None
