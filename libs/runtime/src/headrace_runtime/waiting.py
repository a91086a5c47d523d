"""Starting before what one needs has started."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from headrace_runtime.retry import Backoff

logger = logging.getLogger(__name__)

T = TypeVar("T")
START_BACKOFF: Final = Backoff(first_s=0.1, factor=1.7, most_s=5.0)


async def patiently(
    what: str,
    make: Callable[[], Awaitable[T]],
    *,
    transient: tuple[type[BaseException], ...],
    backoff: Backoff = START_BACKOFF,
) -> T:
    """Call ``make`` until it does not raise one of ``transient``, as long as it takes; cancel to give up."""
    attempt = 0
    while True:
        try:
            return await make()
        except transient as error:
            if attempt == 0:
                reason = str(error) or type(error).__name__
                logger.warning("waiting for %s (%s)", what, reason, extra={"action": "start.wait"})
        await asyncio.sleep(backoff.delay_s(attempt))
        attempt += 1
