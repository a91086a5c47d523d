"""Failed logins, counted for all processes together."""

from __future__ import annotations

from dataclasses import dataclass

from headrace_store.postgres import Connection, Pool
from headrace_store.queries import load

_SQL = load("headrace_store.accounts", "failures.sql")


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How many attempts are free; each further one waits twice as long as the one before, from 1 s on."""

    free: int
    longest_wait_s: float = 900.0
    #: All is forgotten after so long without an attempt.
    quiet_s: float = 3600.0


class LoginFailures:
    """Works on a pool or one connection. Every method raises what ``postgres.TRANSIENT`` names."""

    def __init__(self, source: Pool | Connection) -> None:
        self._source = source

    async def attempt(self, subject: str, patience: Patience) -> float:
        """Count an attempt as failed until ``forgive`` or ``take_back``; the seconds to wait instead, or 0 to go on."""
        counted = await self._source.fetchval(
            _SQL["attempt"], subject, patience.free, patience.longest_wait_s, patience.quiet_s
        )
        if counted is not None:
            return 0.0
        wait_s = await self._source.fetchval(_SQL["wait"], subject, patience.free, patience.longest_wait_s)
        return max(float(wait_s or 0.0), 1.0)

    async def forgive(self, subject: str) -> None:
        """The attempt was good: the count starts again."""
        await self._source.execute(_SQL["forgive"], subject)

    async def take_back(self, subject: str) -> None:
        """The attempt was good: it alone is not counted."""
        await self._source.execute(_SQL["take_back"], subject)

    async def forget(self, older_than_s: float) -> None:
        await self._source.execute(_SQL["forget"], older_than_s)
