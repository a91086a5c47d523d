"""Rate limits in fixed windows, held by all API processes together (DESIGN promise 7).

A process takes from the record as much as it needs now, and of large limits a little more (``limit // 200``), so that
most requests cost no query. So small limits hold exactly, and of a large one each further process may leave half a
percent unused. What was refused once is refused without a query until the window ends.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from headrace_api.core.errors import Allowance, RateLimitedError
from headrace_store.accounts.limits import Taken

#: Rows of longer windows are forgotten (``core.housekeeping``).
MAX_WINDOW_S = 3600
_CHUNKS = 200
#: What the record can count in a window, with room for what all processes take ahead.
_MOST = 1_000_000_000
_SWEEP_ABOVE = 10_000


class Windows(Protocol):
    """What was taken, by all processes. Raises UnavailableError while the record is away."""

    async def take(self, subject: str, window_s: int, amount: int) -> Taken: ...


@dataclass(slots=True)
class _Window:
    """What this process knows of one window of one subject."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    #: Requests that wait for the lock, the one that holds it included.
    waiting: int = 0
    #: Taken from the record and not used yet.
    mine: int = 0
    #: By all processes, as of the last query.
    total: int = 0
    ends_at: datetime | None = None
    #: On this process's clock.
    until: float = float("-inf")


class RateLimits:
    """``take`` before the work is done."""

    def __init__(
        self, windows: Windows, *, factor: float = 1.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``factor`` multiplies every limit."""
        self._windows = windows
        self._factor = factor
        self._clock = clock
        self._known: dict[tuple[str, int, int], _Window] = {}

    async def take(self, subject: str, *, limit: int, window_s: int) -> Allowance:
        """Count one request of ``subject`` against ``limit`` requests in each ``window_s`` seconds.

        Raises RateLimitedError (with the allowance as it stands), UnavailableError while the record is away: a limit
        that can't be counted lets nobody through.
        """
        if not 1 <= window_s <= MAX_WINDOW_S:
            raise ValueError(f"a window has 1 to {MAX_WINDOW_S} seconds, not {window_s}")
        wanted = max(1, min(int(limit * self._factor), _MOST))
        window = self._window(subject, window_s, wanted)
        window.waiting += 1
        try:
            async with window.lock:
                return await self._take(window, subject, wanted, window_s)
        finally:
            window.waiting -= 1

    async def _take(self, window: _Window, subject: str, limit: int, window_s: int) -> Allowance:
        if self._clock() >= window.until:
            window.mine = window.total = 0
        if window.mine == 0 and window.total < limit:
            await self._fill(window, subject, limit, window_s)
        left_s = max(0.0, window.until - self._clock())
        assert window.ends_at is not None  # noqa: S101 -- an unknown window has total 0 and was filled above
        if window.mine == 0:
            allowance = Allowance(limit=limit, remaining=0, reset_at=window.ends_at)
            raise RateLimitedError(max(1, math.ceil(left_s)), allowance)
        window.mine -= 1
        remaining = max(0, limit - window.total) + window.mine
        return Allowance(limit=limit, remaining=remaining, reset_at=window.ends_at)

    async def _fill(self, window: _Window, subject: str, limit: int, window_s: int) -> None:
        amount = max(1, limit // _CHUNKS, min(window.waiting, limit))
        asked_at = self._clock()
        taken = await self._windows.take(subject, window_s, amount)
        before = taken.total - amount
        window.mine = max(0, min(amount, limit - before))
        window.total = taken.total
        window.ends_at = taken.ends_at
        # Counted from before the query: this process never holds a window for longer than the record does.
        window.until = asked_at + taken.left_s

    def _window(self, subject: str, window_s: int, limit: int) -> _Window:
        if len(self._known) > _SWEEP_ABOVE:
            now = self._clock()
            self._known = {
                key: window for key, window in self._known.items() if window.waiting or window.until > now
            }
        return self._known.setdefault((subject, window_s, limit), _Window())
