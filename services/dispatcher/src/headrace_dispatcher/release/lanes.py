"""The lanes' consumers on WORK, and how full they are."""

from __future__ import annotations

import logging

import msgspec

from headrace_contracts.bus.streams import lane_consumer
from headrace_contracts.jobs.lane import Lane
from headrace_runtime.jetstream.admin import CONSUMER_NOT_FOUND, STREAM_NOT_FOUND, api
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.jetstream.errors import ApiError

log = logging.getLogger(__name__)


class _Info(msgspec.Struct):
    num_pending: int = 0


class LaneConsumers:
    """Makes the consumer of a lane when the lane is first used."""

    def __init__(self, js: JetStream) -> None:
        self._js = js
        self._known: set[Lane] = set()

    async def ensure(self, lane: Lane) -> None:
        """Raises JetStreamUnavailableError or ApiError."""
        if lane not in self._known:
            await self._js.ensure_consumer(lane_consumer(lane))
            self._known.add(lane)

    def forget(self, lane: Lane | None = None) -> None:
        """The consumer (all of them: None) may be gone; ensure it again before the next use."""
        if lane is None:
            self._known.clear()
        else:
            self._known.discard(lane)

    @property
    def known(self) -> frozenset[Lane]:
        return frozenset(self._known)

    async def ready(self, lane: Lane) -> int:
        """Messages of the lane that wait for an agent; 0 while there is no WORK.

        A consumer that is gone is made again: who released the lane's last job may not have known that WORK was lost
        and made again by another dispatcher, and nobody would ever take that job.
        Raises JetStreamUnavailableError or ApiError.
        """
        try:
            return await self._pending(lane)
        except ApiError as error:
            if error.code not in {CONSUMER_NOT_FOUND, STREAM_NOT_FOUND}:
                raise
            self.forget(lane)
            if error.code == STREAM_NOT_FOUND:
                return 0
        await self.ensure(lane)
        log.warning(
            "the consumer of lane %s was gone; it is made again", lane,
            extra={"action": "reconcile.consumer", "lane": str(lane)},
        )  # fmt: skip
        return await self._pending(lane)

    async def _pending(self, lane: Lane) -> int:
        consumer = lane_consumer(lane)
        answer = await api(
            self._js.nc, f"CONSUMER.INFO.{consumer.stream}.{consumer.name}", {}, what=f"lane {lane}"
        )
        return msgspec.json.decode(answer, type=_Info).num_pending
