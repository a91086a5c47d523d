"""Lifts jobs that have waited for long, so that a low one is not passed by for ever (ADR 0021)."""

from __future__ import annotations

import asyncio
import logging

from headrace_contracts.jobs.priority import Priority
from headrace_dispatcher.pools.recall import Recaller
from headrace_dispatcher.release.releaser import Releaser
from headrace_dispatcher.schedule.ages import aged
from headrace_dispatcher.store.aging import AgingStore
from headrace_store.postgres import TRANSIENT

log = logging.getLogger(__name__)

_AT_ONCE = 500
#: Looked at so often at most, in seconds, and at least ten times a period.
_EVERY_S = 5.0
_LEAST_S = 0.05


class Aging:
    """One dispatcher does it for all."""

    def __init__(
        self,
        store: AgingStore,
        recaller: Recaller,
        releaser: Releaser,
        *,
        period_s: float,
    ) -> None:
        self._store = store
        self._recaller = recaller
        self._releaser = releaser
        self._period_s = period_s

    async def run(self) -> None:
        """Lift for ever."""
        pause_s = max(_LEAST_S, min(_EVERY_S, self._period_s / 10))
        while True:
            try:
                full = await self.round() >= _AT_ONCE
            except TRANSIENT as error:
                full = False
                log.warning(
                    "aging put off: %s", str(error) or type(error).__name__, extra={"action": "aging.put_off"}
                )
            await asyncio.sleep(_LEAST_S if full else pause_s)

    async def round(self) -> int:
        """Lift what is due, a bounded number; returns how many jobs that were."""
        lifted = await self._store.lift(self._class, period_s=self._period_s, limit=_AT_ONCE)
        await self._recaller.take_out((job.before, job.id, job.epoch) for job in lifted if job.released)
        self._releaser.freed({job.before for job in lifted if job.released})
        self._releaser.ring({job.lane for job in lifted})
        if lifted:
            log.info(
                "%d jobs rose by their age",
                len(lifted),
                extra={"action": "aging.lifted", "count": len(lifted)},
            )
        return len(lifted)

    def _class(self, asked: Priority, waited_s: float) -> Priority:
        return aged(asked, waited_s, self._period_s)
