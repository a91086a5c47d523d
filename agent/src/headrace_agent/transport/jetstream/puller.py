"""The loop that fetches: only into free slots, most urgent lane first, and asleep while there is nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final

from nats.aio.msg import Msg

from headrace_agent.slots import Slots
from headrace_agent.transport.jetstream.intake import Intake
from headrace_agent.transport.jetstream.lanes import LaneBook
from headrace_contracts.bus.definitions import ConsumerDefinition
from headrace_contracts.bus.streams import lane_consumer
from headrace_contracts.jobs.lane import Lane
from headrace_contracts.messages.bells import LanesBell
from headrace_contracts.messages.codec import UndecodableError, decode
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.jetstream.errors import ConsumerGone, JetStreamError

logger = logging.getLogger(__name__)

#: A bell that was lost costs this long at most.
_SWEEP_S: Final = 5.0
#: Every so many sweeps, lanes that had no consumer are looked at too.
_WIDE_SWEEP: Final = 12
#: Pause after a fetch that failed.
_PAUSE_S: Final = 0.5


class Puller:
    """One fetch is under way at a time, so that slots can't be promised twice."""

    def __init__(
        self, js: JetStream, book: LaneBook, slots: Slots, intake: Intake, clock: Callable[[], float]
    ) -> None:
        self._js = js
        self._book = book
        self._slots = slots
        self._intake = intake
        self._clock = clock
        self._consumers: dict[Lane, ConsumerDefinition] = {lane: lane_consumer(lane) for lane in book.lanes}
        self._wake = asyncio.Event()
        self._sweeps = 0
        self._stopped = False
        #: Nothing is taken before a dispatcher has said that it may be, and not while an operator does not want it.
        self.held = True
        slots.on_free = self._wake.set

    async def on_bell(self, message: Msg) -> None:
        """``bell.lanes``."""
        with contextlib.suppress(UndecodableError):  # a hint that can't be read is no hint
            if self._book.ring(decode(message.data, LanesBell).ready):
                self._wake.set()

    def look_everywhere(self) -> None:
        """After a lost connection: what was rung meanwhile is unknown."""
        self._book.ring_all(unknown=True)
        self._wake.set()

    def hold(self) -> None:
        """Take nothing until ``go_on``; what the fetch under way brings is taken still."""
        self.held = True

    def go_on(self) -> None:
        """Take jobs, also those that were rung for meanwhile."""
        self.held = False
        self.look_everywhere()

    def stop(self) -> None:
        """Take nothing new: ``run`` returns after the fetch that is under way."""
        self._stopped = True
        self._wake.set()

    async def run(self) -> None:
        """The loop."""
        self._book.ring_all(unknown=True)
        while not self._stopped:
            self._wake.clear()
            free = self._slots.free
            may = free and not self.held and self._js.nc.is_connected
            lane = self._book.next() if may else None
            if lane is None:
                await self._sleep(sweep=free > 0)
            else:
                await self._pull(lane, free)

    async def _pull(self, lane: Lane, free: int) -> None:
        asked, wait_s = self._book.fetching(lane, free)
        asked_at = self._clock()
        try:
            batch = await self._js.fetch(self._consumers[lane], asked, expires_s=wait_s)
        except ConsumerGone:
            self._book.gone(lane)
            return
        except JetStreamError as error:
            logger.info("no fetch from %s: %s", lane, error, extra={"action": "agent.fetch.error"})
            self._book.fetched(lane, asked=0, got=0)
            await asyncio.sleep(_PAUSE_S)
            return
        again_s = self._book.fetched(lane, asked=asked, got=len(batch))
        if again_s is not None:
            asyncio.get_running_loop().call_later(again_s, self._look_again, lane)
        if batch:
            self._slots.take(len(batch))
            await self._intake.take(lane, batch, asked_at)

    def _look_again(self, lane: Lane) -> None:
        self._book.ring_again(lane)
        self._wake.set()

    async def _sleep(self, *, sweep: bool) -> None:
        try:
            async with asyncio.timeout(_SWEEP_S):
                await self._wake.wait()
        except TimeoutError:
            if sweep:
                self._sweeps += 1
                self._book.ring_all(unknown=self._sweeps % _WIDE_SWEEP == 0)
