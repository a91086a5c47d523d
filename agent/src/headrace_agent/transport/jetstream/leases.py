"""Keeps held messages alive, and tells the holder when it can't be sure of them any more (self-fencing)."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from typing import Final

from headrace_contracts.limits import ACK_WAIT_S, KEEPALIVE_S

logger = logging.getLogger(__name__)

#: Without a confirmed keep-alive for this long, so after two failed ones, a run is ended: what is left of the
#: lease is the time to end it.
FENCE_S: Final = ACK_WAIT_S - 3.0
#: A failed keep-alive is tried again after this long.
_RETRY_S: Final = 1.0
#: How long the server may take to confirm one.
CONFIRM_S: Final = 2.0


class Decision(Enum):
    """What to do about a held message now."""

    WAIT = "wait"
    RENEW = "renew"
    FENCE = "fence"


def decide(*, now: float, confirmed_at: float, tried_at: float) -> Decision:
    """``confirmed_at``: when the server last gave us the lease; ``tried_at``: when we last asked."""
    if now - confirmed_at >= FENCE_S:
        return Decision.FENCE
    return Decision.RENEW if now >= due_at(confirmed_at=confirmed_at, tried_at=tried_at) else Decision.WAIT


def due_at(*, confirmed_at: float, tried_at: float) -> float:
    """When to look at it next."""
    renew_at = confirmed_at + KEEPALIVE_S if tried_at <= confirmed_at else tried_at + _RETRY_S
    return min(renew_at, confirmed_at + FENCE_S)


def steady_clock() -> float:
    """Seconds that go on while the process is stopped and while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Held:
    """Messages that were fetched together and are acked together; for most models there is one."""

    __slots__ = ("confirmed_at", "lost", "on_lost", "replies", "tried_at")

    def __init__(self, replies: Sequence[str], at: float, on_lost: Callable[[], None] | None) -> None:
        self.replies = replies
        self.confirmed_at = at
        self.tried_at = at
        self.on_lost = on_lost
        #: Somebody else may hold the messages now: don't ack them.
        self.lost = False


class Leases:
    """One loop for all held messages; it sleeps when there are none."""

    def __init__(
        self,
        in_progress: Callable[[str], Awaitable[bool]],
        clock: Callable[[], float] = steady_clock,
    ) -> None:
        self._in_progress = in_progress
        self.clock = clock
        self._held: set[Held] = set()
        self._some = asyncio.Event()

    def hold(self, replies: Sequence[str], since: float, on_lost: Callable[[], None] | None = None) -> Held:
        """Keep these messages alive from now on. ``since``: when they were asked for, by ``clock``."""
        held = Held(replies, since, on_lost)
        self._held.add(held)
        self._some.set()
        return held

    def release(self, held: Held) -> None:
        self._held.discard(held)

    def sure_of(self, held: Held) -> bool:
        """True while nobody else can hold the messages: they may be acked or given back."""
        return not held.lost and self.clock() - held.confirmed_at < ACK_WAIT_S

    async def run(self) -> None:
        """The loop. A wake-up that comes late, because the process was stopped, fences before anything else."""
        while True:
            if not self._held:
                self._some.clear()
                await self._some.wait()
            renew = self._look()
            if renew:
                await asyncio.gather(*(self._renew(held) for held in renew))
            now = self.clock()
            due = [due_at(confirmed_at=held.confirmed_at, tried_at=held.tried_at) for held in self._held]
            await asyncio.sleep(max(0.05, min(due, default=now + KEEPALIVE_S) - now))

    def _look(self) -> list[Held]:
        now = self.clock()
        renew = []
        for held in list(self._held):
            decision = decide(now=now, confirmed_at=held.confirmed_at, tried_at=held.tried_at)
            if decision is Decision.RENEW:
                renew.append(held)
            elif decision is Decision.FENCE:
                self._fence(held, now)
        return renew

    def _fence(self, held: Held, now: float) -> None:
        held.lost = True
        self._held.discard(held)
        logger.warning(
            "no keep-alive was confirmed for %.1f s: the run is ended here",
            now - held.confirmed_at,
            extra={"action": "agent.fence", "messages": len(held.replies)},
        )
        if held.on_lost is not None:
            held.on_lost()

    async def _renew(self, held: Held) -> None:
        if held not in self._held:
            return  # given back meanwhile: «in progress» after a nak would take its delay for the whole ack wait
        asked_at = self.clock()
        held.tried_at = asked_at
        confirmed = await asyncio.gather(*(self._in_progress(reply) for reply in held.replies))
        if all(confirmed):
            # The server's clock started again when it heard us, which was after we asked.
            held.confirmed_at = held.tried_at = asked_at
