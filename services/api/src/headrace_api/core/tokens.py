"""Bearer tokens of REST agents."""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import Callable

from headrace_api.core.errors import UnauthorizedError, UnavailableError
from headrace_api.core.ports import AgentTokens
from headrace_contracts.ids import hash_token

log = logging.getLogger(__name__)


class AgentAuth:
    """Tokens given by the operator's settings, and those in the record (a revoked one is dead after ``cache_s``)."""

    def __init__(
        self,
        *,
        static: frozenset[bytes],
        stored: AgentTokens,
        cache_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``static``: hashes of the tokens from settings."""
        self._static = static
        self._stored = stored
        self._cache_s = cache_s
        self._clock = clock
        self._cached: frozenset[bytes] = frozenset()
        self._fresh_until = float("-inf")

    async def check(self, token: str | None) -> None:
        """Raises UnauthorizedError for a missing or wrong token, UnavailableError when that can't be told."""
        if not token:
            raise UnauthorizedError("Agent auth required")
        digest = hash_token(token)
        if matches(digest, self._static):
            return
        if self._clock() >= self._fresh_until:
            await self._refresh()
        if not matches(digest, self._cached):
            raise UnauthorizedError("Agent auth required")

    async def _refresh(self) -> None:
        try:
            self._cached = await self._stored()
        except UnavailableError:
            if self._fresh_until == float("-inf"):
                raise
            # A token that was good a moment ago stays good while the record is away.
            log.warning("agent tokens could not be read again", extra={"action": "tokens.stale"})
        self._fresh_until = self._clock() + self._cache_s


def matches(digest: bytes, known: frozenset[bytes]) -> bool:
    """Compare with every known hash, in constant time for each."""
    found = False
    for stored in known:
        found |= hmac.compare_digest(digest, stored)
    return found
