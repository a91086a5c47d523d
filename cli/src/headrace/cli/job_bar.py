"""A bar for a job that is waited for: how far it is, or why it waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column

from headrace.client.model.job import Job


@contextmanager
def job_bar(*, quiet: bool) -> Iterator[Callable[[Job], None] | None]:
    """What is called with the job at each look."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        # What agents say is text, and stays in its line.
        TextColumn(
            "{task.fields[saying]}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")
        ),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("job", total=100, saying="")

        def show(job: Job) -> None:
            done = 100 if job.status == "completed" else job.progress or 0
            progress.update(task, description=job.status, completed=done, saying=saying(job))

        yield show


def saying(job: Job) -> str:
    """What there is to say of a job in a few words, on one line."""
    said = ""
    if job.failure is not None:
        said = job.failure.reason or job.failure.code or ""
    elif job.waiting_reason is not None:
        said = job.waiting_reason.message
    elif job.awaits_approval:
        said = "waits for an approval"
    elif not job.final:
        said = job.progress_message or ""
    return one_line(said)


def one_line(said: str) -> str:
    """What others wrote, without anything that moves the cursor."""
    return "".join(char if char.isprintable() else "?" for char in " ".join(said.split()))
