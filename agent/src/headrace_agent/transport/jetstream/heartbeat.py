"""Tells the dispatcher that this agent lives, and hears which of its attempts are over."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final

from nats.errors import Error as NatsError

from headrace_agent.identity import Identity
from headrace_agent.models import Models
from headrace_agent.runs.active import ActiveRuns
from headrace_agent.runs.outcome import Stop, StopKind
from headrace_agent.slots import Slots
from headrace_agent.transport.jetstream.dispatcher import DispatcherAwayError, DispatcherClient
from headrace_contracts.bus import subjects
from headrace_contracts.limits import KEEPALIVE_S
from headrace_contracts.messages.agents import Attempt, Goodbye, Heartbeat, HeartbeatReply

logger = logging.getLogger(__name__)

#: Without an answer the next heartbeat follows so soon: windows and waiting reasons depend on who is known.
_UNHEARD_AGAIN_S: Final = 0.5


class HeartbeatLoop:
    """One request every ``KEEPALIVE_S``, and at once when something changed."""

    def __init__(
        self,
        identity: Identity,
        models: Models,
        slots: Slots,
        runs: ActiveRuns,
        dispatcher: DispatcherClient,
        told: Callable[[bool, str], None],
    ) -> None:
        """``told`` hears with each answer whether an operator wants the agent to take no more jobs, and why."""
        self._identity = identity
        self._models = models
        self._slots = slots
        self._runs = runs
        self._dispatcher = dispatcher
        self._told = told
        self._now = asyncio.Event()
        #: It is about to end.
        self.draining = False
        #: An operator wants it to take no more jobs.
        self.drained = False
        #: True once a dispatcher knows of us.
        self.heard = False

    def at_once(self) -> None:
        """Send the next one now."""
        self._now.set()

    async def run(self) -> None:
        """The loop."""
        while True:
            self._now.clear()
            answered = await self._beat()
            self.heard = self.heard or answered
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(KEEPALIVE_S if answered else _UNHEARD_AGAIN_S):
                    await self._now.wait()

    async def goodbye(self) -> None:
        """The last word; without it the dispatcher finds out by the missing heartbeats."""
        message = Goodbye(agent=self._identity.agent, instance=self._identity.instance)
        with contextlib.suppress(NatsError, TimeoutError):
            async with asyncio.timeout(1.0):
                await self._dispatcher.tell(subjects.GOODBYE, message)

    async def _beat(self) -> bool:
        """True when a dispatcher has answered."""
        try:
            reply = await self._dispatcher.ask(
                subjects.HEARTBEAT, self._message(), HeartbeatReply, timeout_s=KEEPALIVE_S / 2
            )
        except DispatcherAwayError as error:
            logger.debug("no answer to the heartbeat: %s", error, extra={"action": "agent.heartbeat.error"})
            return False
        for attempt in reply.stop:
            # Whether it is final or held by another attempt is not said, so the message is left to its lease.
            stop = Stop(kind=StopKind.LOST, reason="the dispatcher says that this attempt is over")
            self._runs.stop(attempt.id, attempt.fence, stop)
        # A dispatcher of an older release says nothing of it: then it stays as it is.
        self._told(self.drained if reply.drained is None else reply.drained, reply.reason)
        return True

    def _message(self) -> Heartbeat:
        identity = self._identity
        return Heartbeat(
            agent=identity.agent,
            instance=identity.instance,
            platform=identity.platform,
            pools=self._models.all,
            models=self._models.all,
            slots=self._slots.total,
            running=[Attempt(id=job.id, fence=job.fence) for job in self._runs.jobs()],
            draining=self.draining or self.drained,
            version=identity.version,
            hostname=identity.hostname,
            started_at=identity.started_at,
            missing=dict(self._models.missing),
        )
