"""The checks of credentials and limits, put together for one process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass

from headrace_api.caller_settings import CallerSettings
from headrace_api.core.housekeeping import Housekeeping
from headrace_api.core.identity.brake import LoginBrake
from headrace_api.core.identity.guesses import Guesses
from headrace_api.core.identity.identity import Identity
from headrace_api.core.identity.key_use import KeyUse
from headrace_api.core.identity.session_tokens import SessionTokens
from headrace_api.core.identity.sessions import SessionDesk, SessionTerms
from headrace_api.core.limits import RateLimits
from headrace_api.store.identity import (
    RecordCredentials,
    RecordFailures,
    RecordLeftovers,
    RecordLogins,
    RecordWindows,
)
from headrace_runtime.tasks import Background
from headrace_store.postgres import Pool

#: argon2 takes 64 MiB and the whole of a core for each look at a password.
_HASHING_THREADS = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Callers:
    """Who calls, and how often they may."""

    identity: Identity
    limits: RateLimits
    guesses: Guesses


@asynccontextmanager
async def open_callers(settings: CallerSettings, pool: Pool) -> AsyncIterator[Callers]:
    """With the housekeeping in the background."""
    credentials = RecordCredentials(pool)
    use = KeyUse(credentials)
    site_key = settings.site_key
    with ThreadPoolExecutor(_HASHING_THREADS, thread_name_prefix="argon2") as hashing:
        sessions = SessionDesk(
            RecordLogins(pool),
            LoginBrake(RecordFailures(pool)),
            None if site_key is None else SessionTokens(site_key.sessions()),
            hashing=hashing,
            terms=SessionTerms(lasts_s=settings.session_s),
        )
        identity = Identity(credentials, sessions, use)
        limits = RateLimits(RecordWindows(pool), factor=settings.rate_limit_factor)
        async with Background() as background:
            background.start("housekeeping", Housekeeping(use.flush, RecordLeftovers(pool)).run)
            guesses = Guesses(
                limits, per_minute=settings.wrong_credentials_per_minute, proxies=settings.trusted_proxies
            )
            yield Callers(identity=identity, limits=limits, guesses=guesses)
        await identity.stop()
