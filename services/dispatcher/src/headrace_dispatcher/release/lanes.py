"""The lanes' consumers on WORK, and how full they are."""

from __future__ import annotations

import msgspec

from headrace_contracts.bus.streams import lane_consumer
from headrace_contracts.jobs.lane import Lane
from headrace_runtime.jetstream.admin import CONSUMER_NOT_FOUND, STREAM_NOT_FOUND, api
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.jetstream.errors import ApiError


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
        """Messages of the lane that wait for an agent; 0 for a lane without a consumer.

        Raises JetStreamUnavailableError.
        """
        consumer = lane_consumer(lane)
        try:
            answer = await api(
                self._js.nc, f"CONSUMER.INFO.{consumer.stream}.{consumer.name}", {}, what=f"lane {lane}"
            )
        except ApiError as error:
            if error.code in {CONSUMER_NOT_FOUND, STREAM_NOT_FOUND}:
                self.forget(lane)
                return 0
            raise
        return msgspec.json.decode(answer, type=_Info).num_pending
