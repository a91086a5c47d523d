"""Slots: how many jobs this agent may hold."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


def _nobody() -> None:
    """Nobody waits for a slot yet."""


class Slots:
    """Counts jobs that run, and jobs whose outcome is on its way.

    A finished job frees its slot at once, so that the next one starts while the outcome travels; but no more than
    twice ``total`` jobs are held in all, so that a slow network slows the intake and memory stays bounded.
    """

    def __init__(self, total: int) -> None:
        if total < 1:
            raise ValueError(f"an agent needs at least 1 slot, not {total}")
        self.total = total
        self.running = 0
        self.unsettled = 0
        #: Called after a slot became free.
        self.on_free: Callable[[], None] = _nobody
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def free(self) -> int:
        """How many jobs may be started now."""
        return max(0, min(self.total - self.running, 2 * self.total - self.running - self.unsettled))

    @property
    def held(self) -> int:
        return self.running + self.unsettled

    async def wait_empty(self) -> None:
        """Until no job is held."""
        await self._empty.wait()

    def take(self, count: int = 1) -> None:
        """``count`` jobs are here and will run."""
        self.running += count
        self._empty.clear()

    def finish(self, count: int = 1) -> None:
        """``count`` jobs have run; their outcomes are not yet acknowledged."""
        self.running -= count
        self.unsettled += count
        self.on_free()

    def settle(self, count: int = 1) -> None:
        """The outcomes of ``count`` finished jobs are safe."""
        self.unsettled -= count
        self._freed()

    def drop(self, count: int = 1) -> None:
        """``count`` jobs left without an outcome."""
        self.running -= count
        self._freed()

    def _freed(self) -> None:
        if not self.held:
            self._empty.set()
        self.on_free()
