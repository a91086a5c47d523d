"""Rings for what no bell rings for: schedules, retries whose back-off is over, and bells that were lost."""

from __future__ import annotations

import asyncio
import logging

from headrace_contracts.bus import subjects
from headrace_contracts.messages.bells import LanesBell
from headrace_contracts.messages.codec import encode
from headrace_dispatcher.changes.feed import Watchers
from headrace_dispatcher.release.lanes import LaneConsumers
from headrace_dispatcher.release.releaser import Releaser
from headrace_dispatcher.store.release import ReleaseStore
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.jetstream.errors import JetStreamError
from headrace_store.postgres import TRANSIENT

log = logging.getLogger(__name__)

_EVERY_S = 1.0
_FIRE_EVERY_S = 0.5
_DUE_AT_ONCE = 1000
_PUT_OFF: tuple[type[BaseException], ...] = (JetStreamError, *TRANSIENT)


class Scheduler:
    """Two loops: the sweep may take a while where there are many lanes, and schedules fire at their time."""

    def __init__(
        self,
        store: ReleaseStore,
        releaser: Releaser,
        consumers: LaneConsumers,
        js: JetStream,
        watchers: Watchers,
    ) -> None:
        self._store = store
        self._releaser = releaser
        self._consumers = consumers
        self._js = js
        self._watchers = watchers

    async def fire(self) -> None:
        """Queue scheduled jobs at their time, for ever."""
        while True:
            full = False
            try:
                full = await self.due() >= _DUE_AT_ONCE
            except TRANSIENT as error:
                log.warning("schedules put off: %s", error, extra={"action": "schedule.put_off"})
            if not full:
                await asyncio.sleep(_FIRE_EVERY_S)

    async def due(self) -> int:
        """Queue what is due; returns how many jobs that were."""
        queued = await self._store.due(_DUE_AT_ONCE)
        self._watchers.tell(job.change for job in queued)
        self._releaser.ring({job.lane for job in queued})
        return len(queued)

    async def run(self) -> None:
        """Sweep for ever."""
        while True:
            try:
                await self.round()
            except _PUT_OFF as error:
                log.warning("sweep put off: %s", error, extra={"action": "sweep.put_off"})
            await asyncio.sleep(_EVERY_S)

    async def round(self) -> None:
        """Ring for what waits in the record, tell agents what is ready in WORK."""
        await self._store.learn_limits()
        self._releaser.ring(await self._store.heads(released=False))
        ready = {}
        for lane in await self._store.heads(released=True):
            count = await self._consumers.ready(lane)
            if count:
                ready[lane.consumer] = count
        if ready:
            await self._js.nc.publish(subjects.BELL_LANES, encode(LanesBell(ready=ready)))
