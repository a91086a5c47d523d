"""An account's keys for programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from headrace_api.core.errors import NotFoundError, Problem, ValidationError
from headrace_contracts.scopes import DEFAULT_SCOPES
from headrace_store.accounts.keys import ApiKey, KeyWish, NewKey, problems_of


class KeyRecord(Protocol):
    """The keys' rows. Raises UnavailableError while the record is away."""

    async def create(self, wish: KeyWish) -> NewKey: ...

    async def listed(self, account_id: UUID) -> list[ApiKey]: ...

    async def revoke(self, account_id: UUID, key_id: UUID) -> bool: ...


class ApiKeys:
    """Make, see and revoke."""

    def __init__(self, record: KeyRecord) -> None:
        self._record = record

    async def create(
        self,
        account_id: UUID,
        *,
        kind: str,
        name: str,
        scopes: Sequence[str] | None = None,
        expires_at: datetime | None = None,
        per_minute: int | None = None,
        per_hour: int | None = None,
    ) -> NewKey:
        """A new key; the answer has the one copy of its secret. ``scopes`` None = those of DEFAULT_SCOPES.

        Raises ValidationError with every problem.
        """
        wish = KeyWish(
            account_id=account_id,
            kind=kind,
            name=name.strip(),
            scopes=DEFAULT_SCOPES if scopes is None else scopes,
            expires_at=expires_at,
            per_minute=per_minute,
            per_hour=per_hour,
        )
        if problems := problems_of(wish, datetime.now(UTC)):
            raise ValidationError([Problem(field, message) for field, message in problems])
        return await self._record.create(wish)

    async def listed(self, account_id: UUID) -> list[ApiKey]:
        """The youngest first, revoked ones too."""
        return await self._record.listed(account_id)

    async def revoke(self, account_id: UUID, key_id: UUID | None) -> None:
        """The key opens nothing any more, at once, on every replica. Raises NotFoundError."""
        if key_id is None or not await self._record.revoke(account_id, key_id):
            raise NotFoundError("key")
