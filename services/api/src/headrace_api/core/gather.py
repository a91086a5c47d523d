"""Lookups by key that many requests make at once: while one query is on its way, the next gathers.

No answer is older than its question: whoever asks while a query is under way waits for the one after it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

from headrace_runtime.tasks import cancelled

K = TypeVar("K")
V = TypeVar("V")


class Gather(Generic[K, V]):
    """``await gather(key)``: the value, or None where there is none. Raises what the query raises."""

    def __init__(self, query: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]], *, most: int = 500) -> None:
        self._query = query
        self._most = most
        self._waiting: dict[K, asyncio.Future[V | None]] = {}
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, key: K) -> V | None:
        future = self._waiting.get(key)
        if future is None:
            future = self._waiting[key] = asyncio.get_running_loop().create_future()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="gather")
        # One asker that goes away must not take the answer from the others.
        return await asyncio.shield(future)

    async def stop(self) -> None:
        """Whoever still waits gets no answer."""
        if self._task is not None:
            await cancelled(self._task)
        for future in self._waiting.values():
            future.cancel()

    async def _run(self) -> None:
        while self._waiting:
            keys = list(self._waiting)[: self._most]
            asked = {key: self._waiting.pop(key) for key in keys}
            try:
                found = await self._query(keys)
            except asyncio.CancelledError:
                for future in asked.values():
                    future.cancel()
                raise
            except Exception as error:  # noqa: BLE001 - it is handed on to everybody who asked
                for future in asked.values():
                    future.set_exception(error)
                    future.exception()  # nobody complains when all askers have gone
            else:
                for key, future in asked.items():
                    future.set_result(found.get(key))
