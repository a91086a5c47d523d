"""What every API process does now and then: write the use of keys, forget what nobody needs any more."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from headrace_api.core.errors import UnavailableError

log = logging.getLogger(__name__)


class Forgetful(Protocol):
    """Deletes rows that have served: windows of limits, failed logins, sessions. Raises UnavailableError."""

    async def forget(self) -> None: ...


class Housekeeping:
    """``run`` is a loop for the background; it ends by cancellation only."""

    def __init__(
        self,
        flush: Callable[[], Awaitable[None]],
        forgetful: Forgetful,
        *,
        flush_every_s: float = 2.0,
        forget_every_s: float = 60.0,
    ) -> None:
        self._flush = flush
        self._forgetful = forgetful
        self._flush_every_s = flush_every_s
        self._forget_every_s = forget_every_s

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        forget_at = loop.time() + self._forget_every_s
        try:
            while True:
                await asyncio.sleep(self._flush_every_s)
                await self._flush()
                if loop.time() >= forget_at:
                    await self._forget()
                    forget_at = loop.time() + self._forget_every_s
        finally:
            await self._flush()  # what the last seconds brought

    async def _forget(self) -> None:
        try:
            await self._forgetful.forget()
        except UnavailableError as error:
            log.warning("old rows are deleted later: %s", error, extra={"action": "housekeeping.later"})
