"""How much an account may have waiting and in motion: an operator sets it (ADR 0023)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from headrace_api.core.errors import NotFoundError
from headrace_store.accounts.accounts import UNCHANGED, Unchanged


@dataclass(frozen=True, kw_only=True, slots=True)
class Quota:
    account_id: UUID
    name: str
    #: None: no limit.
    max_queued: int | None
    max_running: int | None
    #: What waits now, and what is in motion: in WORK, or held by agents.
    queued: int
    running: int


class QuotaRecord(Protocol):
    """Raises UnavailableError while the record is away."""

    async def get(self, account_id: UUID) -> Quota | None: ...

    async def set(
        self, account_id: UUID, *, max_queued: int | Unchanged | None, max_running: int | Unchanged | None
    ) -> None: ...


class Quotas:
    def __init__(self, record: QuotaRecord) -> None:
        self._record = record

    async def get(self, account_id: UUID | None) -> Quota:
        """Raises NotFoundError, also for None, which stands for an id that can't be one."""
        found = None if account_id is None else await self._record.get(account_id)
        if found is None:
            raise NotFoundError("account")
        return found

    async def set(
        self,
        account_id: UUID | None,
        *,
        max_queued: int | Unchanged | None = UNCHANGED,
        max_running: int | Unchanged | None = UNCHANGED,
    ) -> Quota:
        """Set (None: take away) limits. What waits or runs already beyond them does so. Raises NotFoundError."""
        found = await self.get(account_id)
        await self._record.set(found.account_id, max_queued=max_queued, max_running=max_running)
        return await self.get(account_id)
