"""Loops in the background that never die in silence."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Final, Self

from headrace_runtime.retry import Backoff

logger = logging.getLogger(__name__)

Loop = Callable[[], Awaitable[None]]

RESTART: Final = Backoff(first_s=0.2, factor=2.0, most_s=10.0)
#: A loop that ran this long before it failed starts its back-off from the beginning.
_HEALTHY_S: Final = 60.0
_CANCEL_AGAIN_S: Final = 0.2


async def cancelled(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and wait until they have ended, however they end.

    Before Python 3.12 ``asyncio.wait_for``, and with it every request of nats-py, loses a cancellation that meets its
    result, and the task goes on: so the cancellation is repeated.
    """
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_CANCEL_AGAIN_S)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # looked at, so that nobody complains that it never was


class Background:
    """Runs named loops, starts them again when they raise, and ends them together.

    Use as ``async with Background() as background``. A loop that returns is done. ``failures`` counts what each
    loop raised, for health checks and metrics.
    """

    def __init__(self, *, restart: Backoff = RESTART) -> None:
        self._restart = restart
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.failures: dict[str, int] = {}
        self._last_error: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def start(self, name: str, loop: Loop) -> None:
        """Run ``loop`` under ``name``.

        Raises:
            ValueError: a loop of this name runs already.
        """
        running = self._tasks.get(name)
        if running is not None and not running.done():
            raise ValueError(f"a background loop named {name!r} runs already")
        self.failures[name] = 0
        self._tasks[name] = asyncio.create_task(self._supervise(name, loop), name=name)

    async def stop(self) -> None:
        """Cancel all loops and wait until they have ended."""
        await cancelled(*self._tasks.values())
        self._tasks.clear()

    async def finish(self, timeout_s: float) -> None:
        """Wait until all loops have returned by themselves, at most ``timeout_s``; then stop the rest."""
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=timeout_s)
        await self.stop()

    async def check(self) -> str | None:
        """A health check: the loops that are waiting to be started again, with their last errors."""
        broken = [f"{name}: {error}" for name, error in self._last_error.items()]
        return "; ".join(broken) or None

    async def _supervise(self, name: str, loop: Loop) -> None:
        clock = asyncio.get_running_loop().time
        attempt = 0
        while True:
            began = clock()
            try:
                await loop()
            except Exception as error:
                if clock() - began >= _HEALTHY_S:
                    attempt = 0
                delay_s = self._restart.delay_s(attempt)
                attempt += 1
                self.failures[name] += 1
                self._last_error[name] = f"{type(error).__name__}: {error}"
                logger.exception(
                    "background loop %s failed, again in %.1f s",
                    name,
                    delay_s,
                    extra={"action": "background.restart", "loop": name},
                )
                await asyncio.sleep(delay_s)
                self._last_error.pop(name, None)
            else:
                return
