"""One question at a time for all who ask the same, and an answer that is good for a moment."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

#: The part of the time that may go into asking for one key.
_SHARE: Final = 0.05
_MOST_KEYS: Final = 10_000


@dataclass(slots=True)
class _Answer(Generic[V]):
    task: asyncio.Task[V]
    #: When it is too old; None while it is awaited.
    until: float | None = None


class Shared(Generic[K, V]):
    """What is quick to find out is never older than ``least_s``; what takes long is asked for more seldom."""

    def __init__(
        self,
        ask: Callable[[K], Awaitable[V]],
        *,
        least_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._least_s = least_s
        self._clock = clock
        self._known: dict[K, _Answer[V]] = {}

    async def get(self, key: K) -> V:
        """Raises what the question raised; that is not kept."""
        known = self._known.get(key)
        if known is None or (known.until is not None and self._clock() >= known.until):
            self._known.pop(key, None)
            known = self._known[key] = _Answer(asyncio.create_task(self._find(key), name="shared question"))
            # Whoever asked may have gone when it fails.
            known.task.add_done_callback(lambda task: task.cancelled() or task.exception())
            while len(self._known) > _MOST_KEYS:
                del self._known[next(iter(self._known))]
        return await asyncio.shield(known.task)

    async def _find(self, key: K) -> V:
        mine, asked_at = self._known[key], self._clock()
        try:
            value = await self._ask(key)
        except BaseException:
            if self._known.get(key) is mine:
                del self._known[key]
            raise
        now = self._clock()
        mine.until = now + max(self._least_s, (now - asked_at) / _SHARE)
        return value
