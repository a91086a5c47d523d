"""The bell that tells the dispatchers of new jobs."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from nats.aio.client import Client
from nats.errors import Error as NatsError

from headrace_contracts.bus.subjects import BELL_QUEUED
from headrace_contracts.messages.bells import QueuedBell
from headrace_contracts.messages.codec import encode

log = logging.getLogger(__name__)


class QueuedBellRinger:
    """Rings on core NATS. The dispatchers' slow sweep makes a lost bell harmless."""

    def __init__(self, nc: Client) -> None:
        self._nc = nc
        self._lost = False

    async def __call__(self, lanes: Iterable[str]) -> None:
        try:
            if not self._nc.is_connected:
                # Kept for later it would only fill the buffer: by then the sweep has found the jobs.
                raise ConnectionError("NATS is away")
            await self._nc.publish(BELL_QUEUED, encode(QueuedBell(lanes=sorted(lanes))))
        except (NatsError, OSError) as error:
            if not self._lost:
                log.warning("the bell can't be rung: %s", error, extra={"action": "bell.lost"})
            self._lost = True
        else:
            self._lost = False
