"""An account's credits: the charge is part of the submit, the refund of the record (migration 0002)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """One line of an account's ledger: what came (+) or went (-)."""

    amount: int
    #: grant, charge or refund
    kind: str
    job_id: UUID | None
    at: datetime


class CreditRecord(Protocol):
    """The ledger. Raises UnavailableError while the record is away."""

    async def balance(self, account_id: UUID) -> int: ...

    async def moves(self, account_id: UUID, *, limit: int, offset: int) -> list[Move]: ...


class Credits:
    def __init__(self, record: CreditRecord) -> None:
        self._record = record

    async def balance(self, account_id: UUID) -> int:
        return await self._record.balance(account_id)

    async def moves(self, account_id: UUID, *, limit: int = 100, offset: int = 0) -> list[Move]:
        """Youngest first."""
        return await self._record.moves(account_id, limit=limit, offset=offset)
