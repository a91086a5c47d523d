"""A bar for a job that is waited for: how far it is, or why it waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from headrace.client.model import Job


@contextmanager
def job_bar(*, quiet: bool) -> Iterator[Callable[[Job], None] | None]:
    """What is called with the job at each look."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[saying]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("job", total=100, saying="")

        def show(job: Job) -> None:
            done = 100 if job.status == "completed" else job.progress or 0
            progress.update(task, description=job.status, completed=done, saying=saying(job))

        yield show


def saying(job: Job) -> str:
    """What there is to say of a job in a few words."""
    if job.failure is not None and job.failure.reason:
        return job.failure.reason
    if job.waiting_reason is not None:
        return job.waiting_reason.message
    return job.progress_message or ""
