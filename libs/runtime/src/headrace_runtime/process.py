"""The life of a process: one event loop, signals that ask nicely first, an exit code that means something."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import time
from collections.abc import Awaitable, Callable
from typing import Final

import uvloop

logger = logging.getLogger(__name__)

FAILED: Final = 1
#: What a shell reports for a process that ended by SIGTERM; we use it when a stop had to be forced.
FORCED: Final = 143
#: How long the cancelled main may clean up after a forced stop.
_FORCED_GRACE_S: Final = 2.0


class Stop:
    """How a process is told to end. ``graceful``: finish what you do. ``forced``: drop it now."""

    def __init__(self) -> None:
        self.graceful = asyncio.Event()
        self.forced = asyncio.Event()
        #: False while a process starts: then nothing is under way yet, and a signal ends it at once, also one that
        #: waits for Postgres or NATS to come up.
        self.serving = True
        #: What the process exits with; the first failure stays.
        self.exit_code = 0
        self.reason = ""

    def request(self, reason: str, *, exit_code: int = 0) -> None:
        """Ask for a graceful stop; asking again changes nothing but a missing failure code."""
        self.exit_code = self.exit_code or exit_code
        if not self.graceful.is_set():
            self.reason = reason
            logger.info("stopping: %s", reason, extra={"action": "process.stop"})
            self.graceful.set()

    def force(self, reason: str) -> None:
        """End now, without waiting for work under way."""
        self.request(reason)
        if not self.forced.is_set():
            self.exit_code = self.exit_code or FORCED
            logger.warning("stopping at once: %s", reason, extra={"action": "process.force"})
            self.forced.set()

    def on_signal(self, name: str) -> None:
        """The first signal is a request, the second one an order."""
        if self.graceful.is_set():
            self.force(f"{name} again")
        else:
            self.request(name)
            if not self.serving:
                self.forced.set()

    async def wait(self, timeout_s: float) -> bool:
        """Sleep for ``timeout_s`` or until a stop is asked for; True if it was: the loop's way to pause."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self.graceful.wait()
        return self.graceful.is_set()


Main = Callable[[Stop], Awaitable[None]]


async def supervise(main: Main, stop: Stop) -> None:
    """Run ``main`` until it returns, or cancel it when the stop is forced; failures go into ``exit_code``."""

    async def body() -> None:
        try:
            await main(stop)
        except SystemExit as end:  # in a task it would break the event loop itself
            stop.exit_code = end.code if isinstance(end.code, int) else FAILED

    work = asyncio.create_task(body(), name="main")
    forced = asyncio.create_task(stop.forced.wait(), name="forced")
    try:
        await asyncio.wait({work, forced}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.cancel()
            await asyncio.wait({work}, timeout=_FORCED_GRACE_S)
    finally:
        forced.cancel()
    if not work.done():
        logger.error("work did not end after a forced stop", extra={"action": "process.stuck"})
        stop.exit_code = stop.exit_code or FORCED
    elif not work.cancelled() and (error := work.exception()) is not None:
        logger.error("the process failed", exc_info=error, extra={"action": "process.failed"})
        stop.exit_code = stop.exit_code or FAILED


async def _run(main: Main) -> int:
    stop = Stop()
    stop.serving = False
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.on_signal, number.name)
    started = time.monotonic()
    logger.info("started", extra={"action": "process.start"})
    await supervise(main, stop)
    logger.info(
        "stopped after %.1f s, exit code %d",
        time.monotonic() - started,
        stop.exit_code,
        extra={"action": "process.stopped", "exit_code": stop.exit_code},
    )
    return stop.exit_code


def run(main: Main) -> None:
    """Run ``main`` on uvloop until it returns; every ``__main__`` ends with this call.

    SIGTERM and SIGINT set ``stop.graceful``; ``main`` watches it and returns when its work is done. A second
    signal sets ``stop.forced`` and cancels ``main``, and so does the first one until ``main`` has set ``stop.serving``.

    Raises:
        SystemExit: always, with the exit code: 0, what ``main`` set, 1 after an exception, 143 when forced.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        code = runner.run(_run(main))
    raise SystemExit(code)
