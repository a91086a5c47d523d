"""``dispatch.drain``: the agents of a name take no more jobs, or do again (ADR 0024)."""

from __future__ import annotations

import logging
from typing import Protocol

from headrace_contracts.bus import subjects
from headrace_contracts.messages.agents import Drain
from headrace_contracts.messages.codec import encode
from headrace_contracts.messages.requests import Answer, AnswerReply, DrainRequest
from headrace_dispatcher.recorder.outcome import clean
from headrace_dispatcher.store.drains import DrainStore

log = logging.getLogger(__name__)


class Bus(Protocol):
    """Tells agents something."""

    async def publish(self, subject: str, payload: bytes) -> None: ...


class Drains:
    """The record says who is drained: claims over REST ask it, and the reply to each heartbeat repeats it."""

    def __init__(self, store: DrainStore, bus: Bus) -> None:
        self._store = store
        self._bus = bus

    async def set(self, request: DrainRequest) -> AnswerReply:
        """Drain the agents of a name, or let them take jobs again."""
        reason = clean(request.reason) or ""
        if request.drained:
            await self._store.drain(request.agent, reason)
        else:
            await self._store.resume(request.agent)
        # A message that is lost costs the time to the next heartbeat.
        told = encode(Drain(drained=request.drained, reason=reason))
        for instance in await self._store.instances(request.agent):
            await self._bus.publish(subjects.drain(instance), told)
        log.info(
            "agent %s %s", request.agent, "is drained" if request.drained else "takes jobs again",
            extra={"action": "agent.drained", "agent": request.agent, "drained": request.drained},
        )  # fmt: skip
        return AnswerReply(answer=Answer.OK)
