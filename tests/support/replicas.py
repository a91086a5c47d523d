"""The checks of credentials as one API process has them, on a record of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.support.record import pool_of

from headrace_api.core.identity.brake import LoginBrake
from headrace_api.core.identity.identity import Identity
from headrace_api.core.identity.key_use import KeyUse
from headrace_api.core.identity.session_tokens import SessionTokens
from headrace_api.core.identity.sessions import SessionDesk, SessionTerms
from headrace_api.store.identity import RecordCredentials, RecordFailures, RecordLogins
from headrace_store.postgres import Pool
from headrace_store.sealed import SiteKey

KEY = "a-site-key-that-only-the-tests-know-0123456789"


@dataclass(frozen=True, kw_only=True, slots=True)
class Replica:
    identity: Identity
    use: KeyUse
    pool: Pool


@asynccontextmanager
async def replica(
    record_url: str, secret: str | None = KEY, *, brake: dict[str, Any] | None = None, lasts_s: float = 3600.0
) -> AsyncIterator[Replica]:
    """``brake``: arguments of LoginBrake; ``secret`` None: a site without a key."""
    async with pool_of(record_url) as pool:
        with ThreadPoolExecutor(2) as hashing:
            credentials = RecordCredentials(pool)
            use = KeyUse(credentials)
            sessions = SessionDesk(
                RecordLogins(pool),
                LoginBrake(RecordFailures(pool), **(brake or {})),
                None if secret is None else SessionTokens(SiteKey(secret).sessions()),
                hashing=hashing,
                terms=SessionTerms(lasts_s=lasts_s),
            )
            identity = Identity(credentials, sessions, use)
            yield Replica(identity=identity, use=use, pool=pool)
            await identity.stop()
