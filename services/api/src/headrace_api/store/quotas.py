"""The limits of accounts."""

from __future__ import annotations

from uuid import UUID

from headrace_api.core.quotas import Quota
from headrace_api.store.record import translated
from headrace_store.accounts.accounts import Accounts, Unchanged
from headrace_store.postgres import Pool


class RecordQuotas:
    """``core.quotas.QuotaRecord``."""

    def __init__(self, pool: Pool) -> None:
        self._accounts = Accounts(pool)

    async def get(self, account_id: UUID) -> Quota | None:
        with translated():
            account = await self._accounts.get(account_id)
            if account is None:
                return None
            load = await self._accounts.load(account_id)
        return Quota(
            account_id=account.id,
            name=account.name,
            max_queued=account.max_queued,
            max_running=account.max_running,
            queued=load.queued,
            running=load.running,
        )

    async def set(
        self, account_id: UUID, *, max_queued: int | Unchanged | None, max_running: int | Unchanged | None
    ) -> None:
        with translated():
            await self._accounts.set_limits(account_id, max_queued=max_queued, max_running=max_running)
