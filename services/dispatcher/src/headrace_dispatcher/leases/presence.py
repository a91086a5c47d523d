"""Who is online: heartbeats, goodbyes, and what becomes of the jobs of an agent that fell silent."""

from __future__ import annotations

import asyncio
import logging
import time

from headrace_contracts.messages.agents import Goodbye, Heartbeat, HeartbeatReply
from headrace_dispatcher.claims.losses import Losses
from headrace_dispatcher.release.releaser import Releaser
from headrace_dispatcher.store.leases import AgentStore, Singletons
from headrace_store.postgres import TRANSIENT

log = logging.getLogger(__name__)

_TURN = 0x4844_0003
_EVERY_S = 1.0
_AT_ONCE = 200


class Presence:
    """One a dispatcher."""

    def __init__(
        self,
        agents: AgentStore,
        singletons: Singletons,
        losses: Losses,
        releaser: Releaser,
        *,
        silent_s: float,
        timeout_grace_s: float,
    ) -> None:
        self._agents = agents
        self._singletons = singletons
        self._losses = losses
        self._releaser = releaser
        self._silent_s = silent_s
        self._timeout_grace_s = timeout_grace_s
        #: Since when heartbeats could be heard without a break: before that, silence says nothing.
        self._listening_since = time.monotonic()

    async def heartbeat(self, beat: Heartbeat) -> HeartbeatReply:
        """Record it; the reply names the attempts that the agent is to stop, and whether it is to take more."""
        heard = await self._agents.heartbeat(beat)
        return HeartbeatReply(stop=heard.stale, drained=heard.drained is not None, reason=heard.drained or "")

    async def goodbye(self, goodbye: Goodbye) -> None:
        """An agent has ended by itself."""
        await self._agents.goodbye(goodbye.instance)

    async def run(self) -> None:
        """Look after agents and windows for ever."""
        while True:
            before = time.monotonic()
            try:
                await self._round()
            except TRANSIENT as error:
                self._listening_since = time.monotonic()
                log.warning("record away: %s", error, extra={"action": "presence.put_off"})
            await asyncio.sleep(_EVERY_S)
            if time.monotonic() - before > 3 * _EVERY_S + 2:
                # This process stood still, and with it the heartbeats that it was to record.
                self._listening_since = time.monotonic()

    def trust_again(self) -> None:
        """NATS was away: heartbeats could not arrive."""
        self._listening_since = time.monotonic()

    async def _round(self) -> None:
        self._releaser.set_slots(await self._agents.slots_by_pool(self._silent_s))
        async with self._singletons.turn(_TURN) as ours:
            if not ours:
                return
            if time.monotonic() - self._listening_since > self._silent_s:
                for instance in await self._agents.lose_silent(self._silent_s):
                    log.warning(
                        "agent %s is lost", instance, extra={"action": "agent.lost", "instance": instance}
                    )
            for attempt in await self._agents.jobs_of_gone(_AT_ONCE):
                await self._losses.lost(attempt.id, attempt.fence, "the agent that ran the job was lost")
            for attempt in await self._agents.overdue(self._timeout_grace_s, _AT_ONCE):
                await self._losses.over_time(attempt.id, attempt.fence)
