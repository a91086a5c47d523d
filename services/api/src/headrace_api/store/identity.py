"""The rows of accounts and credentials as the use cases see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from headrace_api.core.limits import MAX_WINDOW_S
from headrace_api.store.record import translated
from headrace_store.accounts.accounts import AccountRef, Accounts
from headrace_store.accounts.failures import LoginFailures, Patience
from headrace_store.accounts.keys import Keys, LiveKey
from headrace_store.accounts.limits import RateWindows, Taken
from headrace_store.accounts.sessions import SessionOwner, Sessions
from headrace_store.accounts.users import Users, UserSecret
from headrace_store.accounts.workers import WorkerOwner, Workers
from headrace_store.postgres import Pool

#: Longer than any quiet while of ``core.identity.brake``.
_FAILURES_KEPT_S = 7200.0


class RecordCredentials:
    """``core.identity.ports.Credentials``."""

    def __init__(self, pool: Pool) -> None:
        self._accounts = Accounts(pool)
        self._keys = Keys(pool)
        self._workers = Workers(pool, silent_s=0)

    async def live_keys(self, hashes: Sequence[bytes]) -> Mapping[bytes, LiveKey]:
        with translated():
            return {key.key_hash: key for key in await self._keys.live(hashes)}

    async def touch_keys(self, key_ids: Sequence[UUID]) -> None:
        with translated():
            await self._keys.touch(key_ids)

    async def account(self, user_ref: UUID) -> AccountRef | None:
        with translated():
            return await self._accounts.by_user_ref(user_ref)

    async def worker(self, token_hash: bytes) -> WorkerOwner | None:
        with translated():
            return await self._workers.by_token(token_hash)


class RecordLogins:
    """``core.identity.ports.Logins``."""

    def __init__(self, pool: Pool) -> None:
        self._users = Users(pool)
        self._sessions = Sessions(pool)

    async def user(self, email: str) -> UserSecret | None:
        if "\x00" in email:
            return None  # Postgres keeps no such text
        with translated():
            return await self._users.by_email(email)

    async def open(self, user_id: UUID, *, lasts_s: float, refresh_s: float) -> tuple[UUID, datetime]:
        with translated():
            return await self._sessions.open(user_id, lasts_s=lasts_s, refresh_s=refresh_s)

    async def find(self, session_id: UUID, *, expired_too: bool = False) -> SessionOwner | None:
        with translated():
            return await self._sessions.find(session_id, expired_too=expired_too)

    async def live(self, session_ids: Sequence[UUID]) -> Mapping[UUID, SessionOwner]:
        with translated():
            return await self._sessions.live(session_ids)

    async def extend(self, session_id: UUID, *, lasts_s: float, refresh_s: float) -> datetime | None:
        with translated():
            return await self._sessions.extend(session_id, lasts_s=lasts_s, refresh_s=refresh_s)

    async def end(self, session_id: UUID) -> None:
        with translated():
            await self._sessions.end(session_id)


class RecordFailures:
    """``core.identity.ports.Failures``."""

    def __init__(self, pool: Pool) -> None:
        self._failures = LoginFailures(pool)

    async def attempt(self, subject: str, patience: Patience) -> float:
        with translated():
            return await self._failures.attempt(subject, patience)

    async def forgive(self, subject: str) -> None:
        with translated():
            await self._failures.forgive(subject)

    async def take_back(self, subject: str) -> None:
        with translated():
            await self._failures.take_back(subject)


class RecordWindows:
    """``core.limits.Windows``."""

    def __init__(self, pool: Pool) -> None:
        self._windows = RateWindows(pool)

    async def take(self, subject: str, window_s: int, amount: int) -> Taken:
        with translated():
            return await self._windows.take(subject, window_s, amount)


class RecordLeftovers:
    """``core.housekeeping.Forgetful``."""

    def __init__(self, pool: Pool) -> None:
        self._windows = RateWindows(pool)
        self._failures = LoginFailures(pool)
        self._sessions = Sessions(pool)

    async def forget(self) -> None:
        with translated():
            await self._windows.forget(2 * MAX_WINDOW_S)
            await self._failures.forget(_FAILURES_KEPT_S)
            await self._sessions.forget()
