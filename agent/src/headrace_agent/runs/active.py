"""All runs of the agent, to stop them and to wait for them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from uuid import UUID

from headrace_agent.runs.job import Job
from headrace_agent.runs.outcome import Stop
from headrace_agent.runs.run import Run

logger = logging.getLogger(__name__)


class ActiveRuns:
    """Keyed by job and fencing token: a second attempt of a job may start while the first one still ends."""

    def __init__(self) -> None:
        self._runs: dict[tuple[UUID, int], tuple[Run, asyncio.Task[None]]] = {}

    def __len__(self) -> int:
        return len(self._runs)

    def jobs(self) -> Iterator[Job]:
        return (run.job for run, _ in self._runs.values())

    def start(self, run: Run, on_end: Callable[[], None]) -> None:
        """Run it in a task of its own; ``on_end`` is called when it is over, whatever happened."""
        key = (run.job.id, run.job.fence)

        async def body() -> None:
            try:
                await run.execute()
            except Exception:
                # A fault of ours (disk full, ...): the lease runs out and the job runs elsewhere.
                logger.exception(
                    "a run failed inside the agent",
                    extra={"action": "agent.run.error", "job_id": str(key[0])},
                )
            finally:
                self._runs.pop(key, None)
                on_end()

        self._runs[key] = (run, asyncio.create_task(body(), name=f"run {key[0]}"))

    def stop(self, job_id: UUID, fence: int, stop: Stop) -> bool:
        """Stop one attempt; False when it does not run here."""
        found = self._runs.get((job_id, fence))
        if found is None:
            return False
        found[0].stop(stop)
        return True

    def stop_all(self, stop: Stop) -> None:
        for run, _ in list(self._runs.values()):
            run.stop(stop)

    async def wait(self, timeout_s: float | None = None) -> None:
        """Until all runs are over, or ``timeout_s`` has passed."""
        tasks = [task for _, task in self._runs.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=timeout_s)
