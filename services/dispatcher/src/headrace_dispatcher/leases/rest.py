"""The presence of REST agents: they send no heartbeats, but they ask for work."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from headrace_contracts.jobs.lane import ANY_PLATFORM
from headrace_contracts.limits import KEEPALIVE_S
from headrace_contracts.messages.agents import Heartbeat
from headrace_contracts.messages.requests import ClaimRequest
from headrace_dispatcher.store.leases import AgentStore

#: Names are the callers' own: beyond so many the oldest are forgotten and written again at their next claim.
_MOST_NAMES = 10_000


class RestPresence:
    """Writes a claim down as a heartbeat, at most one for each agent and keep-alive period."""

    def __init__(self, agents: AgentStore) -> None:
        self._agents = agents
        self._noted: dict[str, float] = {}

    async def note(self, request: ClaimRequest, *, draining: bool = False) -> None:
        """An agent asked for work. No models and pools = it takes all that is open; no platforms = any."""
        # The names of registered workers are their owners' choice: two accounts may choose the same.
        instance = f"rest:{request.worker or request.agent}"
        now = time.monotonic()
        if now - self._noted.get(instance, -KEEPALIVE_S) < KEEPALIVE_S:
            return
        while len(self._noted) >= _MOST_NAMES:
            del self._noted[next(iter(self._noted))]
        self._noted.pop(instance, None)
        self._noted[instance] = now
        platforms = request.platforms or []
        await self._agents.heartbeat(
            Heartbeat(
                agent=request.agent,
                instance=instance,
                platform=platforms[0] if len(platforms) == 1 else ANY_PLATFORM,
                pools=[*(request.models or []), *(request.pools or [])],
                models=request.models or [],
                slots=1,
                draining=draining,
                transport="rest",
                started_at=datetime.now(UTC),
            )
        )
