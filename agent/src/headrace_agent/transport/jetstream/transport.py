"""The JetStream transport, put together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Final

import aiohttp
from nats.aio.client import Client
from nats.aio.msg import Msg

from headrace_agent.identity import Identity
from headrace_agent.models import Models
from headrace_agent.runs.active import ActiveRuns
from headrace_agent.runs.run import MakeRun
from headrace_agent.slots import Slots
from headrace_agent.transport.jetstream.channel import Links
from headrace_agent.transport.jetstream.dispatcher import DispatcherClient
from headrace_agent.transport.jetstream.heartbeat import HeartbeatLoop
from headrace_agent.transport.jetstream.inline import InlineRunner
from headrace_agent.transport.jetstream.intake import Intake
from headrace_agent.transport.jetstream.lanes import LaneBook
from headrace_agent.transport.jetstream.leases import CONFIRM_S, Leases, steady_clock
from headrace_agent.transport.jetstream.puller import Puller
from headrace_agent.transport.jetstream.sender import EventSender
from headrace_contracts.bus import subjects
from headrace_contracts.jobs.lane import lanes_served
from headrace_contracts.messages.agents import Drain
from headrace_contracts.messages.agents import Stop as StopMessage
from headrace_contracts.messages.codec import UndecodableError, decode
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.nats import connect
from headrace_runtime.settings import NatsSettings
from headrace_runtime.tasks import Background
from headrace_runtime.tracing import Tracing

logger = logging.getLogger(__name__)

#: How long the fetch that is under way may take.
_LAST_FETCH_S: Final = 3.0
#: How long the last events may take at a forced stop.
_LAST_EVENTS_S: Final = 1.0


class JetStreamTransport:
    """``start``, then ``drain`` or ``end``; the runs are the agent's."""

    def __init__(
        self,
        settings: NatsSettings,
        identity: Identity,
        models: Models,
        *,
        slots: Slots,
        runs: ActiveRuns,
        make_run: MakeRun,
        tracing: Tracing,
    ) -> None:
        self._settings = settings
        self._identity = identity
        self._models = models
        self._slots = slots
        self._runs = runs
        self._make_run = make_run
        self._tracing = tracing
        self._loops = Background()
        self._pulling = Background()
        self._nc: Client | None = None
        self._puller: Puller | None = None
        self._started = False

    async def start(self) -> None:
        """Connect, however long that takes, and take jobs from now on."""
        nc = await connect(
            self._settings, f"headrace-agent {self._identity.agent}", on_reconnect=self._on_back
        )
        self._nc = nc
        self._js = js = await JetStream.open(nc)
        self._http = aiohttp.ClientSession()
        dispatcher = DispatcherClient(nc)

        async def in_progress(reply: str) -> bool:
            return await js.in_progress(reply, timeout_s=CONFIRM_S)

        leases = Leases(in_progress)
        self._sender = EventSender(js, agent=self._identity.agent, instance=self._identity.instance)
        links = Links(
            agent=self._identity.agent,
            js=js,
            dispatcher=dispatcher,
            sender=self._sender,
            leases=leases,
            slots=self._slots,
            http=self._http,
            tracing=self._tracing,
        )
        self._intake = Intake(
            self._identity,
            links,
            inline=InlineRunner(self._models.inline, links),
            runs=self._runs,
            make_run=self._make_run,
        )
        book = LaneBook(lanes_served([self._identity.platform], self._models.all))
        self._puller = puller = Puller(js, book, self._slots, self._intake, steady_clock)
        self._heartbeat = HeartbeatLoop(
            self._identity, self._models, self._slots, self._runs, dispatcher, self._drained
        )
        await nc.subscribe(subjects.BELL_LANES, cb=puller.on_bell)
        await nc.subscribe(subjects.stop(self._identity.instance), cb=self._on_stop)
        await nc.subscribe(subjects.drain(self._identity.instance), cb=self._on_drain)
        self._loops.start("events", self._sender.run)
        self._loops.start("leases", leases.run)
        self._loops.start("heartbeat", self._heartbeat.run)
        self._pulling.start("pull", puller.run)
        self._started = True

    async def check(self) -> str | None:
        """A health check."""
        if self._nc is None or not self._nc.is_connected:
            return "not connected to NATS"
        if not self._started or not self._heartbeat.heard:
            return "no dispatcher has answered yet"
        return await self._loops.check() or await self._pulling.check()

    def stop_taking(self) -> None:
        """Take nothing new from now on."""
        if self._puller is not None:
            self._puller.stop()

    async def drain(self) -> None:
        """Take nothing new; return when all that was held is done and reported."""
        if not self._started:
            return
        self.stop_taking()
        await self._pulling.finish(_LAST_FETCH_S)
        self._heartbeat.draining = True
        self._heartbeat.at_once()
        await self._intake.idle()
        await self._runs.wait()
        await self._slots.wait_empty()

    async def end(self) -> None:
        """Say goodbye and disconnect; messages still held go back by their leases."""
        self.stop_taking()
        await self._pulling.stop()
        if self._started:
            await self._sender.settled(_LAST_EVENTS_S)
            await self._heartbeat.goodbye()
            await self._loops.stop()
            await self._http.close()
        if self._nc is None:
            return
        with contextlib.suppress(Exception):  # the server may be gone, and we are going
            async with asyncio.timeout(_LAST_EVENTS_S):
                await self._nc.flush()
        await self._nc.close()

    def _drained(self, drained: bool, reason: str) -> None:
        """An operator's word, in the order in which dispatchers tell it; told again, it changes nothing."""
        if drained != self._heartbeat.drained:
            logger.info(
                "%s%s", "no more jobs are taken" if drained else "jobs are taken again",
                f": {reason}" if reason else "",
                extra={"action": "agent.drained", "drained": drained},
            )  # fmt: skip
            self._heartbeat.drained = drained
            self._heartbeat.at_once()
        if self._puller is None:
            return
        if drained:
            self._puller.hold()
        elif self._puller.held:
            self._puller.go_on()

    async def _on_drain(self, message: Msg) -> None:
        try:
            drain = decode(message.data, Drain)
        except UndecodableError as error:
            logger.warning("a drain that can't be read: %s", error, extra={"action": "agent.undecodable"})
            return
        self._drained(drain.drained, drain.reason)
        # The answer to a heartbeat that was on its way may be older; the next one is not.
        self._heartbeat.at_once()

    def _on_back(self) -> None:
        if self._started and self._puller is not None:
            self._puller.look_everywhere()
            self._heartbeat.at_once()

    async def _on_stop(self, message: Msg) -> None:
        try:
            stop = decode(message.data, StopMessage)
        except UndecodableError as error:
            logger.warning("a stop that can't be read: %s", error, extra={"action": "agent.undecodable"})
            return
        self._intake.stop(stop.id, stop.fence, stop.reason)
