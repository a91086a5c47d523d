"""The agent's life: start, serve, drain, or hand everything back."""

from __future__ import annotations

import asyncio
import logging
from typing import Final, Protocol

from headrace_agent.runs.active import ActiveRuns
from headrace_agent.runs.outcome import Stop, StopKind

logger = logging.getLogger(__name__)

#: How long runs may take to end and to be handed back at a forced stop; the process is given 2 s for all.
_HAND_BACK_S: Final = 1.4


class Transport(Protocol):
    """How jobs come and outcomes go."""

    async def start(self) -> None:
        """Connect, however long that takes, and take jobs from now on."""

    async def check(self) -> str | None:
        """A health check: None, or why the agent is not ready."""

    def stop_taking(self) -> None:
        """Take nothing new from now on."""

    async def drain(self) -> None:
        """Take nothing new; return when all that was held is done and reported."""

    async def end(self) -> None:
        """Say goodbye and disconnect."""


class Agent:
    """One agent process, whatever its transport."""

    def __init__(self, transport: Transport, runs: ActiveRuns) -> None:
        self._transport = transport
        self._runs = runs

    async def serve(self, stopping: asyncio.Event, *, drain_timeout_s: float) -> bool:
        """Work until ``stopping`` is set, then finish what runs.

        False when the drain took longer than ``drain_timeout_s`` and what still ran was handed back. Being cancelled
        means to hand back at once.
        """
        try:
            await self._start(stopping)
            await stopping.wait()
            logger.info("draining: %d runs to finish", len(self._runs), extra={"action": "agent.drain"})
            async with asyncio.timeout(drain_timeout_s):
                await self._transport.drain()
        except TimeoutError:
            logger.warning("the drain takes too long", extra={"action": "agent.drain.timeout"})
            await self._hand_back()
            return False
        except asyncio.CancelledError:
            await self._hand_back()
            raise
        return True

    async def _start(self, stopping: asyncio.Event) -> None:
        """Start, or give up when the agent is to stop before its server was there."""
        starting = asyncio.ensure_future(self._transport.start())
        stop = asyncio.ensure_future(stopping.wait())
        try:
            await asyncio.wait({starting, stop}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
        finally:
            stop.cancel()
            if not starting.done():
                starting.cancel()
            await asyncio.gather(starting, stop, return_exceptions=True)

    async def _hand_back(self) -> None:
        self._transport.stop_taking()
        count = len(self._runs)
        self._runs.stop_all(Stop(kind=StopKind.HANDED_BACK, reason="the agent was stopped"))
        await self._runs.wait(_HAND_BACK_S)
        logger.info("handed back %d runs", count, extra={"action": "agent.hand_back"})
