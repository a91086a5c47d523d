"""The loop that looks for orphan files: a page a turn, by whichever dispatcher comes first."""

from __future__ import annotations

import asyncio
import logging

from headrace_contracts.keys import PREFIXES
from headrace_dispatcher.housekeeping.orphans import OrphanSweep
from headrace_dispatcher.store.leases import Singletons
from headrace_dispatcher.store.orphans import OrphanStore, Place
from headrace_runtime.telemetry import Telemetry
from headrace_store.blobs.errors import BlobError
from headrace_store.postgres import TRANSIENT

log = logging.getLogger(__name__)

#: Whoever holds this advisory lock keeps the sweep away, a backup too.
SWEEP_TURN = 0x4844_0010
_LOOK_S = 30.0
_PUT_OFF: tuple[type[BaseException], ...] = (BlobError, *TRANSIENT)
_BETWEEN_PAGES_S = 0.5


class Sweeper:
    """Its progress is in the record, so that a round goes on over restarts and changes of the dispatcher."""

    def __init__(
        self,
        store: OrphanStore,
        sweep: OrphanSweep,
        singletons: Singletons,
        telemetry: Telemetry,
        *,
        every_s: float,
    ) -> None:
        self._store = store
        self._sweep = sweep
        self._singletons = singletons
        self._every_s = every_s
        self._deleted = telemetry.metrics.counter("headrace.orphans.deleted", unit="{object}")
        self._bytes = telemetry.metrics.counter("headrace.orphans.bytes", unit="By")

    async def run(self) -> None:
        """Sweep for ever; rounds are ``every_s`` apart, 0 switches it off."""
        while True:
            under_way = False
            try:
                if self._every_s:
                    under_way = await self.turn()
            except _PUT_OFF as error:
                log.warning(
                    "orphan files are looked for later: %s", str(error) or type(error).__name__,
                    extra={"action": "orphans.put_off"},
                )  # fmt: skip
            await asyncio.sleep(_BETWEEN_PAGES_S if under_way else _LOOK_S)

    async def turn(self) -> bool:
        """Look at one page, if the turn is ours and one is due; returns whether there was one."""
        async with self._singletons.turn(SWEEP_TURN) as ours:
            place = await self._store.next(PREFIXES, every_s=self._every_s) if ours else None
            if place is None:
                return False
            await self._page(place)
            return True

    async def _page(self, place: Place) -> None:
        swept, following = await self._sweep.step(place)
        if swept.orphans or swept.unfinished:
            self._deleted.add(len(swept.orphans), {"prefix": place.prefix})
            self._bytes.add(swept.size, {"prefix": place.prefix})
            log.info(
                "%d files under %s that nothing refers to are deleted", len(swept.orphans), place.prefix,
                extra={
                    "action": "orphans.deleted", "count": len(swept.orphans), "bytes": swept.size,
                    "unfinished": len(swept.unfinished),
                },
            )  # fmt: skip
        if following is None:
            await self._store.finished(place.prefix)
        else:
            await self._store.came_to(following)
