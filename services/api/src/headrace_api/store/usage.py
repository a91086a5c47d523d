"""Sums over an account's jobs and ledger."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from headrace_api.core.usage import AccountCard, CreditUse, UsageLine
from headrace_api.store.record import translated
from headrace_store.accounts.accounts import Accounts
from headrace_store.postgres import Pool
from headrace_store.queries import load

_SQL = load("headrace_api.store", "usage.sql")


class RecordUsage:
    """``core.usage.UsageRecord``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def jobs(self, account_id: UUID, since: datetime, until: datetime) -> list[UsageLine]:
        with translated():
            rows = await self._pool.fetch(_SQL["jobs"], account_id, since, until)
        return [UsageLine(**row) for row in rows]

    async def credits(self, account_id: UUID, since: datetime, until: datetime) -> CreditUse:
        with translated():
            row = await self._pool.fetchrow(_SQL["credits"], account_id, since, until)
        assert row is not None  # noqa: S101 -- a sum without GROUP BY is always one row
        return CreditUse(**row)

    async def account(self, account_id: UUID) -> AccountCard | None:
        with translated():
            account = await Accounts(self._pool).get(account_id)
        if account is None:
            return None
        return AccountCard(
            id=account.id,
            name=account.name,
            plan=account.plan,
            created_at=account.created_at,
            balance=account.balance,
            max_queued=account.max_queued,
            max_running=account.max_running,
        )
