"""What the checks of credentials need from the record. All raise UnavailableError while it is away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from headrace_store.accounts.accounts import AccountRef
from headrace_store.accounts.failures import Patience
from headrace_store.accounts.keys import LiveKey
from headrace_store.accounts.sessions import SessionOwner
from headrace_store.accounts.users import UserSecret
from headrace_store.accounts.workers import WorkerOwner


class Credentials(Protocol):
    """Nothing is found that was revoked, has expired or belongs to a disabled account."""

    async def live_keys(self, hashes: Sequence[bytes]) -> Mapping[bytes, LiveKey]: ...

    async def touch_keys(self, key_ids: Sequence[UUID]) -> None: ...

    async def account(self, user_ref: UUID) -> AccountRef | None: ...

    async def worker(self, token_hash: bytes) -> WorkerOwner | None: ...


class Logins(Protocol):
    """People and their sessions."""

    async def user(self, email: str) -> UserSecret | None: ...

    async def open(self, user_id: UUID, *, lasts_s: float, refresh_s: float) -> tuple[UUID, datetime]: ...

    async def find(self, session_id: UUID, *, expired_too: bool = False) -> SessionOwner | None: ...

    async def live(self, session_ids: Sequence[UUID]) -> Mapping[UUID, SessionOwner]: ...

    async def extend(self, session_id: UUID, *, lasts_s: float, refresh_s: float) -> datetime | None: ...

    async def end(self, session_id: UUID) -> None: ...


class Failures(Protocol):
    """Failed logins, counted by all processes together."""

    async def attempt(self, subject: str, patience: Patience) -> float: ...

    async def forgive(self, subject: str) -> None: ...

    async def take_back(self, subject: str) -> None: ...
