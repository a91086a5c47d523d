"""What was taken of a limit in a window of time, by all processes together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from headrace_store.postgres import Connection, Pool
from headrace_store.queries import load

_SQL = load("headrace_store.accounts", "limits.sql")


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    #: By all, this take included; it may be above the limit.
    total: int
    #: When the window ends.
    ends_at: datetime
    #: Seconds until then.
    left_s: float


class RateWindows:
    """Works on a pool or one connection. Every method raises what ``postgres.TRANSIENT`` names."""

    def __init__(self, source: Pool | Connection) -> None:
        self._source = source

    async def take(self, subject: str, window_s: int, amount: int) -> Taken:
        row = await self._source.fetchrow(_SQL["take"], f"{subject}/{window_s}", window_s, amount)
        assert row is not None  # noqa: S101 -- INSERT ... RETURNING gives a row or raises
        return Taken(total=row["taken"], ends_at=row["ends_at"], left_s=row["left_s"])

    async def forget(self, older_than_s: float) -> None:
        """Delete windows that began longer ago."""
        await self._source.execute(_SQL["forget"], older_than_s)
