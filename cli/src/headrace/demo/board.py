"""All jobs on one screen: a table that is drawn again and again on a terminal, lines elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.table import Table

from headrace.demo.jobs import DemoJob
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobView

Views = Mapping[str, JobView]

_COLOURS: Mapping[JobState, str] = {
    JobState.QUEUED: "yellow",
    JobState.CLAIMED: "cyan",
    JobState.RUNNING: "cyan",
    JobState.COMPLETED: "green",
    JobState.FAILED: "red",
    JobState.CANCELLED: "magenta",
}
#: Together they fit a terminal of 80 columns.
_COLUMNS: Mapping[str, int] = {
    "job": 23,
    "prio": 6,
    "state": 12,
    "progress": 10,
    "agent": 7,
    "queued": 6,
    "ran": 6,
}
_BAR = 5


class Board(Protocol):
    """Shows the jobs while its ``showing`` is open, and lines of text at any time."""

    def showing(self) -> AbstractContextManager[object]: ...

    def update(self, views: Views, now: datetime, *, webhooks: int = 0) -> None: ...

    def say(self, text: str) -> None: ...


class LiveBoard:
    """For terminals: the table stays at the bottom, what is said scrolls above it."""

    def __init__(self, jobs: Sequence[DemoJob], console: Console) -> None:
        self._jobs = jobs
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True)

    def showing(self) -> AbstractContextManager[object]:
        return self._live

    def update(self, views: Views, now: datetime, *, webhooks: int = 0) -> None:
        table = job_table(self._jobs, views, now)
        table.caption = f"{webhooks} webhooks received"
        table.caption_justify = "left"
        self._live.update(table, refresh=True)

    def say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False)


class LineBoard:
    """For files and pipes: one line for each change of a job's state or attempt."""

    def __init__(self, jobs: Sequence[DemoJob], console: Console) -> None:
        self._jobs = jobs
        self._console = console
        self._shown: dict[str, tuple[JobState, int]] = {}

    def showing(self) -> AbstractContextManager[object]:
        return nullcontext()

    def update(
        self,
        views: Views,
        now: datetime,
        *,
        webhooks: int = 0,  # noqa: ARG002 - counted at the end, a line for each would hide the jobs
    ) -> None:
        for job in self._jobs:
            view = views.get(job.key)
            if view is not None and self._shown.get(job.key) != (view.state, view.attempt):
                self._shown[job.key] = (view.state, view.attempt)
                self.say(job_line(job, view, now))

    def say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def make_board(jobs: Sequence[DemoJob], console: Console) -> Board:
    return LiveBoard(jobs, console) if console.is_terminal else LineBoard(jobs, console)


def job_table(jobs: Sequence[DemoJob], views: Views, now: datetime) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for column, width in _COLUMNS.items():
        right = column in {"queued", "ran"}
        table.add_column(column, justify="right" if right else "left", no_wrap=True, min_width=width)
    for job in jobs:
        view = views.get(job.key)
        if view is None:
            table.add_row(job.title, job.priority.word, "[dim]to come[/]", "", "", "", "")
            continue
        queued_s, ran_s = times(view, now)
        state = f"[{_COLOURS.get(view.state, 'white')}]{view.state}[/]"
        table.add_row(
            job.title,
            job.priority.word,
            state if view.attempt < 2 else f"{state} #{view.attempt}",
            bar(view),
            view.agent or "",
            f"{queued_s:.1f} s",
            "" if ran_s is None else f"{ran_s:.1f} s",
        )
    return table


def job_line(job: DemoJob, view: JobView, now: datetime) -> str:
    queued_s, ran_s = times(view, now)
    parts = [f"{view.state:<9}", f"{job.title} ({job.model}, {job.priority.word})"]
    if view.agent:
        parts.append(view.agent if view.attempt < 2 else f"{view.agent}, attempt {view.attempt}")
    if view.state is not JobState.QUEUED:
        parts.append(f"queued {queued_s:.1f} s" + ("" if ran_s is None else f", ran {ran_s:.1f} s"))
    if view.failure_reason:
        parts.append(view.failure_reason)
    return "  ".join(parts)


def times(view: JobView, now: datetime) -> tuple[float, float | None]:
    """Seconds in the queue, and of the (last) run: None before it starts."""
    end = view.finished_at or now
    started = view.started_at if view.held or view.final else None
    queued_s = ((started or end) - view.created_at).total_seconds()
    return max(0.0, queued_s), None if started is None else max(0.0, (end - started).total_seconds())


def bar(view: JobView) -> str:
    """The progress as a few characters and percent; empty while the job waits."""
    if view.state is JobState.COMPLETED:
        percent = 100.0
    elif view.progress is None or view.state is JobState.QUEUED:
        return ""
    else:
        percent = min(100.0, max(0.0, view.progress))
    full = round(percent / 100 * _BAR)
    return f"{'█' * full}{'░' * (_BAR - full)} {percent:3.0f}%"
