"""The pool: at most one worker process a slot, kept warm, with what it has loaded."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from headrace_agent.executors.handler.process import WorkerProcess

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class PoolLimits:
    """When a worker is replaced by a fresh one, between two jobs."""

    workers: int
    jobs: int
    rss_bytes: int


class Warm(Protocol):
    """What the choice of a worker looks at."""

    @property
    def models(self) -> set[str]: ...


def choose(idle: Sequence[Warm], model: str, *, may_start: bool) -> int | None:
    """The index of the idle worker to use for ``model``; None = start a new one.

    ``idle`` is ordered from the longest idle. One that knows the model is best, then one that has loaded nothing;
    a new process is better than one that would hold two models, as long as there is room.
    """
    for index in range(len(idle) - 1, -1, -1):
        if model in idle[index].models:
            return index
    for index, worker in enumerate(idle):
        if not worker.models:
            return index
    return None if may_start or not idle else 0


class WorkerPool:
    """Hands out workers to runs."""

    def __init__(self, limits: PoolLimits, registry: str) -> None:
        self._limits = limits
        self._registry = registry
        self._idle: list[WorkerProcess] = []
        self._busy: set[WorkerProcess] = set()
        self._starting = 0
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def pids(self) -> list[int]:
        return [worker.pid for worker in (*self._idle, *self._busy)]

    async def take(self, model: str) -> WorkerProcess:
        """A worker of one's own; give it back with ``give_back``. Raises OSError when none can be started."""
        self._forget_dead()
        count = len(self._idle) + len(self._busy) + self._starting
        index = choose(self._idle, model, may_start=count < self._limits.workers)
        if index is not None:
            worker = self._idle.pop(index)
        else:
            self._starting += 1
            try:
                worker = await WorkerProcess.start(self._registry)
            finally:
                self._starting -= 1
        worker.models.add(model)
        self._busy.add(worker)
        return worker

    def give_back(self, worker: WorkerProcess, *, reusable: bool) -> None:
        """The run is over. A worker that is worn out or in an unknown state is ended in the background."""
        self._busy.discard(worker)
        worker.jobs += 1
        worn = worker.jobs >= self._limits.jobs or worker.rss_bytes > self._limits.rss_bytes
        if reusable and not worn and worker.alive:
            self._idle.append(worker)
            return
        if worn:
            logger.info(
                "worker %d is replaced after %d jobs with %d MiB",
                worker.pid,
                worker.jobs,
                worker.rss_bytes >> 20,
                extra={"action": "agent.worker.recycle"},
            )
        task = asyncio.create_task(worker.kill())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """End all workers, idle or not."""
        workers = [*self._idle, *self._busy]
        self._idle.clear()
        self._busy.clear()
        await asyncio.gather(*(worker.kill() for worker in workers), *self._closing)

    def _forget_dead(self) -> None:
        for worker in [worker for worker in self._idle if not worker.alive]:
            self._idle.remove(worker)
            worker.close()
