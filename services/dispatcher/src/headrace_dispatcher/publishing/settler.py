"""Ends jobs whose publications have all ended."""

from __future__ import annotations

import asyncio
import logging

from headrace_dispatcher.recorder.writer import Aftermath
from headrace_dispatcher.store.publishing import PublishingStore
from headrace_store.postgres import TRANSIENT

log = logging.getLogger(__name__)

_EVERY_S = 1.0
_AT_ONCE = 200


class Settler:
    """One round a second. Dispatchers that meet at a job leave it to the first."""

    def __init__(self, store: PublishingStore, aftermath: Aftermath) -> None:
        self._store = store
        self._aftermath = aftermath

    async def run(self) -> None:
        """Settle for ever."""
        while True:
            full = False
            try:
                full = await self.round() >= _AT_ONCE
            except TRANSIENT as error:
                log.warning(
                    "publishing: record away: %s", str(error) or type(error).__name__,
                    extra={"action": "settle.put_off"},
                )  # fmt: skip
            if not full:
                await asyncio.sleep(_EVERY_S)

    async def round(self) -> int:
        """End what can be ended; returns how many jobs that were."""
        found = await self._store.unsettled(_AT_ONCE)
        if not found:
            return 0
        ended = await self._store.settle(found)
        self._aftermath.tell(ended)
        if ended:
            self._aftermath.outbox()
        for change in ended:
            log.info(
                "job %s: %s, its publications have ended", change.id, change.state,
                extra={"action": "job.settled", "job_id": str(change.id), "state": change.state},
            )  # fmt: skip
        return len(ended)
