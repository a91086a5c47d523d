"""The signal that ends a run early; set once, the first reason holds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from headrace_agent.runs.outcome import Stop

T = TypeVar("T")


class StoppedError(Exception):
    """What was awaited was given up because the run is to end."""


class StopSignal:
    """Made and used inside one event loop."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.stop: Stop | None = None

    def set(self, stop: Stop) -> None:
        if self.stop is None:
            self.stop = stop
            self._event.set()

    async def wait(self) -> None:
        await self._event.wait()

    async def race(self, work: Awaitable[T]) -> T:
        """What ``work`` returns or raises.

        Raises StoppedError when the signal is set first; ``work`` is cancelled and has ended then.
        """
        task = asyncio.ensure_future(work)
        stopped = asyncio.ensure_future(self._event.wait())
        try:
            await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not self._event.is_set():
                return task.result()
        finally:
            stopped.cancel()
            if not task.done():
                task.cancel()
            await asyncio.gather(task, stopped, return_exceptions=True)
        raise StoppedError
