"""Fair shares: one slow or dead endpoint must not hold the others."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(kw_only=True, slots=True)
class _Lane:
    slots: asyncio.Semaphore
    users: int = 0
    slow_until: float = 0.0


@dataclass(kw_only=True)
class EndpointGate:
    """At most ``per_endpoint`` deliveries at a time to one endpoint.

    Who waits longer than ``wait_s`` for a slot is turned away, and for ``slow_s`` after that everyone who would
    have to wait is turned away at once: a backlog of a dead endpoint goes back to the record as fast as it comes.
    """

    per_endpoint: int
    wait_s: float
    slow_s: float
    _lanes: dict[UUID, _Lane] = field(default_factory=dict)

    async def enter(self, endpoint_id: UUID) -> bool:
        """True: send now, and call ``leave`` after. False: put the delivery off."""
        clock = asyncio.get_running_loop().time
        lane = self._lanes.get(endpoint_id)
        if lane is None:
            lane = self._lanes[endpoint_id] = _Lane(slots=asyncio.Semaphore(self.per_endpoint))
        if lane.slots.locked() and clock() < lane.slow_until:
            return False
        lane.users += 1
        try:
            async with asyncio.timeout(self.wait_s):
                await lane.slots.acquire()
        except TimeoutError:
            lane.slow_until = clock() + self.slow_s
            self._forget(endpoint_id, lane)
            return False
        except BaseException:
            self._forget(endpoint_id, lane)
            raise
        return True

    def leave(self, endpoint_id: UUID) -> None:
        """Give the slot back."""
        lane = self._lanes[endpoint_id]
        lane.slots.release()
        self._forget(endpoint_id, lane)

    def _forget(self, endpoint_id: UUID, lane: _Lane) -> None:
        lane.users -= 1
        if lane.users == 0:
            del self._lanes[endpoint_id]
