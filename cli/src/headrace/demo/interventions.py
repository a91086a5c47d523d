"""What the demo does to jobs while they run: kill an agent, cancel a job, hand one job's file to the next."""

from __future__ import annotations

import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from headrace.embedded.identity import ProcessIdentity, still_running
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobView

Views = Mapping[str, JobView]


#: Percent. The model is loaded then, and its work has begun.
MIN_PROGRESS = 5.0


class Intervention(Protocol):
    """Looks at all jobs again and again, and acts once when its moment has come."""

    async def look(self, views: Views) -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Kill:
    """An agent that was killed while it ran a job."""

    agent: str
    process: ProcessIdentity
    at: datetime
    progress: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Cancel:
    """A job that was cancelled while an agent ran it."""

    agent: str
    at: datetime
    progress: float


class KillItsAgent:
    """Sends SIGKILL to the agent that runs the job as soon as the job has made some progress."""

    def __init__(
        self,
        key: str,
        *,
        process_of: Callable[[str], ProcessIdentity | None],
        say: Callable[[str], None],
        min_progress: float = MIN_PROGRESS,
    ) -> None:
        self.done: Kill | None = None
        self._key = key
        self._process_of = process_of
        self._say = say
        self._min_progress = min_progress

    async def look(self, views: Views) -> None:
        view = views.get(self._key)
        if self.done is not None or view is None or not is_under_way(view, self._min_progress):
            return
        process = self._process_of(view.agent or "")
        if process is None or still_running(process) is None:
            return
        os.kill(process.pid, signal.SIGKILL)
        self.done = Kill(
            agent=view.agent or "", process=process, at=datetime.now(UTC), progress=view.progress or 0.0
        )
        self._say(
            f"kill -9 {process.pid}: {view.agent} dies at {self.done.progress:.0f} % of its job; "
            "when its lease has run out, another one takes the job"
        )


class CancelIt:
    """Cancels the job as soon as an agent has made some progress with it."""

    def __init__(
        self,
        key: str,
        *,
        cancel: Callable[[JobView], Awaitable[None]],
        say: Callable[[str], None],
        min_progress: float = MIN_PROGRESS,
    ) -> None:
        self.done: Cancel | None = None
        self._key = key
        self._cancel = cancel
        self._say = say
        self._min_progress = min_progress

    async def look(self, views: Views) -> None:
        view = views.get(self._key)
        if self.done is not None or view is None or not is_under_way(view, self._min_progress):
            return
        self.done = Cancel(agent=view.agent or "", at=datetime.now(UTC), progress=view.progress or 0.0)
        await self._cancel(view)
        self._say(f"DELETE cancel/{view.id} while {view.agent} runs it")


class SubmitAfter:
    """Submits a job when the moment has come: ``ready`` gives the job that it waited for, or None."""

    def __init__(
        self, *, ready: Callable[[Views], JobView | None], submit: Callable[[JobView], Awaitable[None]]
    ) -> None:
        self._ready = ready
        self._submit = submit
        self._done = False

    async def look(self, views: Views) -> None:
        view = None if self._done else self._ready(views)
        if view is not None:
            self._done = True
            await self._submit(view)


def completed(key: str) -> Callable[[Views], JobView | None]:
    """The moment when the job of that key has completed."""

    def ready(views: Views) -> JobView | None:
        view = views.get(key)
        return view if view is not None and view.state is JobState.COMPLETED else None

    return ready


def all_ended(count: int) -> Callable[[Views], JobView | None]:
    """The moment when ``count`` jobs have ended."""

    def ready(views: Views) -> JobView | None:
        ended = [view for view in views.values() if view.final]
        return ended[-1] if len(ended) >= count else None

    return ready


def is_under_way(view: JobView, min_progress: float) -> bool:
    """Whether an agent runs it and has come as far as ``min_progress`` percent."""
    return view.state is JobState.RUNNING and bool(view.agent) and (view.progress or 0.0) >= min_progress
