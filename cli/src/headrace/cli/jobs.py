"""`headrace jobs`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from headrace.cli.api import JsonOption, KeyOption, UrlOption, api_client
from headrace.cli.job_bar import saying
from headrace.cli.options import StateDirOption
from headrace.client.model.job import Job
from headrace.embedded.up import DEFAULT_STATE_DIR

_HEAD = ("job", "status", "created", "model", "agent", "")


def jobs(
    status: Annotated[str | None, typer.Option(help="Only jobs of this status.")] = None,
    model: Annotated[str | None, typer.Option(help="Only jobs of this model.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100, help="How many.")] = 20,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
) -> None:
    """List the account's jobs, youngest first."""
    with api_client(url, key, state_dir) as client:
        page = client.jobs(status=status, model=model, limit=limit)
    if as_json:
        typer.echo(msgspec.json.encode(page).decode())
        return
    if not page.jobs:
        typer.echo(
            "no such jobs" if status or model else "no jobs yet: see `headrace submit --help`", err=True
        )
        return
    now = datetime.now().astimezone()
    console = Console()
    for line in table([_HEAD, *(row(job, now) for job in page.jobs)]):
        if console.is_terminal:
            console.print(Text(line), no_wrap=True, overflow="ellipsis", crop=True)
        else:
            typer.echo(line)  # whole, for other programs
    if page.has_more:
        typer.echo(f"{len(page.jobs)} of {page.total}; see --limit, --status and --model", err=True)


def row(job: Job, now: datetime) -> tuple[str, ...]:
    """What a line says of a job, the most wanted first: a narrow terminal cuts the rest off."""
    running = job.status == "running" and job.progress is not None
    status = f"{job.status} {job.progress:.0f} %" if running else job.status
    return (job.job_id, status, when(job.created_at, now), job.model, job.miner_id or "-", saying(job))


def when(at: datetime | None, now: datetime) -> str:
    """The time of today, else the day; in ``now``'s zone."""
    if at is None:
        return "-"
    at = at.astimezone(now.tzinfo)
    if at.date() == now.date():
        return f"{at:%H:%M:%S}"
    return f"{at:%b %d}" if at.year == now.year else f"{at:%Y-%m-%d}"


def table(rows: list[tuple[str, ...]]) -> list[str]:
    """One line a row, in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, each, widths)).rstrip() for each in rows]
