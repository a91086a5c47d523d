"""What an account has used, and what it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from headrace_api.core.errors import NotFoundError


@dataclass(frozen=True, kw_only=True, slots=True)
class UsageLine:
    """The jobs of one model in one state."""

    model: str
    state: str
    jobs: int
    #: Their time on agents.
    run_seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class CreditUse:
    """What went out and came back in a span of time, both as positive numbers."""

    charged: int
    refunded: int
    granted: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountCard:
    id: UUID
    name: str
    plan: str
    created_at: datetime
    #: Credits.
    balance: int
    #: The most jobs that may wait and that may be in motion; None: as many as there are.
    max_queued: int | None
    max_running: int | None


class UsageRecord(Protocol):
    """Sums over the record. Raises UnavailableError while it is away."""

    async def jobs(self, account_id: UUID, since: datetime, until: datetime) -> list[UsageLine]: ...

    async def credits(self, account_id: UUID, since: datetime, until: datetime) -> CreditUse: ...

    async def account(self, account_id: UUID) -> AccountCard | None: ...


class Usage:
    def __init__(self, record: UsageRecord) -> None:
        self._record = record

    async def jobs(self, account_id: UUID, *, since: datetime, until: datetime) -> list[UsageLine]:
        """Of the jobs made in ``[since, until)``."""
        return await self._record.jobs(account_id, since, until)

    async def credits(self, account_id: UUID, *, since: datetime, until: datetime) -> CreditUse:
        """Of the moves in ``[since, until)``."""
        return await self._record.credits(account_id, since, until)

    async def account(self, account_id: UUID) -> AccountCard:
        """Raises NotFoundError."""
        card = await self._record.account(account_id)
        if card is None:
            raise NotFoundError("account")
        return card
