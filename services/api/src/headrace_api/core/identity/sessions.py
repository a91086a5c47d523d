"""People log in, stay logged in and log out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from headrace_api.core.errors import NotConfiguredError, UnauthorizedError
from headrace_api.core.gather import Gather
from headrace_api.core.identity.brake import LoginBrake
from headrace_api.core.identity.ports import Logins
from headrace_api.core.identity.principal import Login, Principal
from headrace_api.core.identity.session_tokens import SessionToken, SessionTokens
from headrace_store.accounts.passwords import check_password
from headrace_store.accounts.sessions import SessionOwner

REFRESH = timedelta(days=7)
_WRONG = "Email or password incorrect"
_DEAD = "Invalid or expired token"


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionTerms:
    #: How long a token lasts, in seconds.
    lasts_s: float = 86_400.0
    #: How long an expired one may be refreshed.
    refresh: timedelta = REFRESH


class SessionDesk:
    """Logins. ``tokens`` None: the site has no key, and every call raises NotConfiguredError."""

    def __init__(
        self,
        logins: Logins,
        brake: LoginBrake,
        tokens: SessionTokens | None,
        *,
        hashing: Executor,
        terms: SessionTerms,
        check: Callable[[str, str | None], bool] = check_password,
    ) -> None:
        """``hashing`` has few threads: argon2 takes 64 MiB and a tenth of a second for each look."""
        self._logins = logins
        self._brake = brake
        self._tokens = tokens
        self._hashing = hashing
        self._terms = terms
        self._check = check
        self._live = Gather(logins.live)

    async def stop(self) -> None:
        await self._live.stop()

    async def login(self, email: str, password: str, address: str | None) -> Login:
        """Raises UnauthorizedError, and RateLimitedError after too many failures of the e-mail or the address."""
        tokens = self._keyed()
        email = email.strip().lower()
        await self._brake.attempt(email, address)
        user = await self._logins.user(email)
        stored = None if user is None else user.password_hash
        loop = asyncio.get_running_loop()
        right = await loop.run_in_executor(self._hashing, self._check, password, stored)
        if user is None or not right:
            raise UnauthorizedError(_WRONG)
        await self._brake.passed(email, address)
        session_id, expires_at = await self._logins.open(
            user.id, lasts_s=self._terms.lasts_s, refresh_s=self._terms.refresh.total_seconds()
        )
        owner = SessionOwner(
            user_id=user.id, account_id=user.account_id, plan=user.plan, email=user.email, role=user.role
        )
        return _login(tokens, owner, session_id, expires_at)

    async def session(self, token: str | None) -> Principal:
        """Who is logged in with the token. Raises UnauthorizedError."""
        read = self._read(token)
        owner = await self._live(read.session_id)
        if owner is None or owner.user_id != read.user_id:
            raise UnauthorizedError(_DEAD)
        return _principal(owner, read.session_id)

    async def refresh(self, token: str | None) -> Login:
        """The same session, longer. Raises UnauthorizedError for one that was logged out or expired too long ago."""
        read = self._read(token, grace=self._terms.refresh)
        owner = await self._owner(read, expired_too=True)
        expires_at = await self._logins.extend(
            read.session_id,
            lasts_s=self._terms.lasts_s,
            refresh_s=self._terms.refresh.total_seconds(),
        )
        if expires_at is None:
            raise UnauthorizedError(_DEAD)
        return _login(self._keyed(), owner, read.session_id, expires_at)

    async def logout(self, token: str | None) -> None:
        """End this session, and no other of the person. Raises UnauthorizedError when it has ended."""
        read = self._read(token)
        await self._owner(read, expired_too=False)
        await self._logins.end(read.session_id)

    def _keyed(self) -> SessionTokens:
        if self._tokens is None:
            raise NotConfiguredError("HEADRACE_SECRET_KEY")
        return self._tokens

    def _read(self, token: str | None, *, grace: timedelta = timedelta(0)) -> SessionToken:
        tokens = self._keyed()
        if not token:
            raise UnauthorizedError("Authentication required")
        return tokens.read(token, grace=grace)

    async def _owner(self, read: SessionToken, *, expired_too: bool) -> SessionOwner:
        owner = await self._logins.find(read.session_id, expired_too=expired_too)
        if owner is None or owner.user_id != read.user_id:
            raise UnauthorizedError(_DEAD)
        return owner


def _principal(owner: SessionOwner, session_id: UUID) -> Principal:
    return Principal(
        account_id=owner.account_id,
        plan=owner.plan,
        kind="session",
        user_id=owner.user_id,
        email=owner.email,
        role=owner.role,
        session_id=session_id,
    )


def _login(tokens: SessionTokens, owner: SessionOwner, session_id: UUID, expires_at: datetime) -> Login:
    token = tokens.write(SessionToken(user_id=owner.user_id, session_id=session_id, expires_at=expires_at))
    return Login(token=token, principal=_principal(owner, session_id), expires_at=expires_at)
