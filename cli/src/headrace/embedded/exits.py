"""Waiting for a child process to end without a thread per child."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

_POLL_S = 0.05


async def wait_for_exit(process: subprocess.Popen[bytes], *, timeout_s: float | None = None) -> bool:
    """Wait until the process has ended and is reaped; False when `timeout_s` passed first."""
    try:
        async with asyncio.timeout(timeout_s):
            if process.poll() is None and sys.platform == "linux":
                await _wait_on_pidfd(process.pid)
            while process.poll() is None:  # noqa: ASYNC110 - no event tells it where there are no pidfds
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        return process.poll() is not None
    return True


async def _wait_on_pidfd(pid: int) -> None:
    descriptor = os.pidfd_open(pid)
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()
    loop.add_reader(descriptor, _set, ended)
    try:
        await ended
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def _set(ended: asyncio.Future[None]) -> None:
    if not ended.done():
        ended.set_result(None)
