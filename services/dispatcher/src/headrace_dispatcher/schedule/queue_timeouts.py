"""Fails jobs that did not start by the time that they were to (``jobs.start_by``, ADR 0025)."""

from __future__ import annotations

import asyncio
import logging

from headrace_dispatcher.claims.losses import Losses
from headrace_dispatcher.store.attempts import AttemptStore
from headrace_dispatcher.store.leases import Singletons
from headrace_store.postgres import TRANSIENT

log = logging.getLogger(__name__)

_TURN = 0x4844_0020
_EVERY_S = 0.5
_AT_ONCE = 200


class QueueTimeouts:
    """Two rounds a second, by one dispatcher for all."""

    def __init__(self, attempts: AttemptStore, losses: Losses, singletons: Singletons) -> None:
        self._attempts = attempts
        self._losses = losses
        self._singletons = singletons

    async def run(self) -> None:
        """Look for late jobs for ever."""
        while True:
            full = False
            try:
                async with self._singletons.turn(_TURN) as ours:
                    full = ours and await self.round() >= _AT_ONCE
            except TRANSIENT as error:
                log.warning(
                    "queue timeouts: record away: %s", str(error) or type(error).__name__,
                    extra={"action": "late.put_off"},
                )  # fmt: skip
            if not full:
                await asyncio.sleep(_EVERY_S)

    async def round(self) -> int:
        """Fail what is late; returns how many jobs were looked at."""
        late = await self._attempts.late(_AT_ONCE)
        for job_id in late:
            await self._losses.too_late(job_id)
        return len(late)
