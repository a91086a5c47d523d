"""Accounts, and the credits that an operator gives them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID

from headrace_contracts.ids import new_id
from headrace_contracts.plans import PLANS
from headrace_store.accounts.rows import fields
from headrace_store.postgres import Connection, Pool
from headrace_store.queries import load

_SQL = load("headrace_store.accounts", "accounts.sql")
MAX_LISTED = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    id: UUID
    name: str
    plan: str
    #: What auralis calls ``user_id``: a credential.
    user_ref: UUID
    created_at: datetime
    disabled_at: datetime | None
    #: The most jobs that may wait; None: as many as there are.
    max_queued: int | None
    #: The most jobs that may be in motion (in WORK, or held by agents); further ones wait in the record.
    max_running: int | None
    #: Credits.
    balance: int


class Unchanged(Enum):
    """For a limit that stays as it is."""

    UNCHANGED = 0


UNCHANGED = Unchanged.UNCHANGED


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountLoad:
    """What an account has waiting, and in motion (in WORK, or held by agents)."""

    queued: int
    running: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountRef:
    """As much of an account as a credential of it says."""

    id: UUID
    plan: str


class Accounts:
    """Works on a pool or one connection. Every method raises what ``postgres.TRANSIENT`` names."""

    def __init__(self, source: Pool | Connection) -> None:
        self._source = source

    async def create(self, name: str, plan: str) -> Account:
        """Raises ValueError for a plan that there is not."""
        if plan not in PLANS:
            raise ValueError(f"there is no plan {plan!r}; the plans are {', '.join(PLANS)}")
        row = await self._source.fetchrow(_SQL["create"], new_id(), name, plan)
        assert row is not None  # noqa: S101 -- INSERT ... RETURNING gives a row or raises
        return Account(**fields(row))

    async def ensure(self, account_id: UUID, name: str, plan: str) -> None:
        """Make the account unless it is there."""
        await self._source.execute(_SQL["ensure"], account_id, name, plan)

    async def get(self, account_id: UUID) -> Account | None:
        row = await self._source.fetchrow(_SQL["get"], account_id)
        return None if row is None else Account(**fields(row))

    async def listed(self) -> list[Account]:
        """The oldest first, at most MAX_LISTED."""
        return [Account(**fields(row)) for row in await self._source.fetch(_SQL["list"], MAX_LISTED)]

    async def by_user_ref(self, user_ref: UUID) -> AccountRef | None:
        """None for an unknown and for a disabled account."""
        row = await self._source.fetchrow(_SQL["by_user_ref"], user_ref)
        return None if row is None else AccountRef(**fields(row))

    async def set_disabled(self, account_id: UUID, *, disabled: bool) -> bool:
        """Kill all its credentials at once, or let them live again. False when there is no such account."""
        return await self._source.fetchval(_SQL["set_disabled"], account_id, disabled) is not None

    async def set_limits(
        self,
        account_id: UUID,
        *,
        max_queued: int | Unchanged | None = UNCHANGED,
        max_running: int | Unchanged | None = UNCHANGED,
    ) -> bool:
        """Limit what the account may have waiting and in motion; None takes a limit away. False: no such account."""
        queued, running = max_queued is not UNCHANGED, max_running is not UNCHANGED
        found = await self._source.fetchval(
            _SQL["set_limits"],
            account_id,
            queued,
            max_queued if isinstance(max_queued, int) else None,
            running,
            max_running if isinstance(max_running, int) else None,
        )
        return found is not None

    async def load(self, account_id: UUID) -> AccountLoad:
        row = await self._source.fetchrow(_SQL["load"], account_id)
        assert row is not None  # noqa: S101 -- a statement without FROM always has a row
        return AccountLoad(queued=row["queued"], running=row["running"])

    async def grant(self, account_id: UUID, amount: int) -> int:
        """Give credits (take them, when negative); returns the balance.

        Raises asyncpg.ForeignKeyViolationError without such an account, asyncpg.CheckViolationError for a balance
        below zero.
        """
        return int(await self._source.fetchval(_SQL["grant"], account_id, amount))


async def grant_first(connection: Connection, account_id: UUID, amount: int) -> bool:
    """Give credits to an account that was never given any; False when it was. The account must be there."""
    async with connection.transaction():
        await connection.execute(_SQL["hold"], account_id)
        if await connection.fetchval(_SQL["was_granted"], account_id):
            return False
        await connection.fetchval(_SQL["grant"], account_id, amount)
        return True
