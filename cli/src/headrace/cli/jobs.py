"""`headrace jobs`."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from headrace.cli.api import JsonOption, KeyOption, UrlOption, api_client
from headrace.cli.job_bar import saying
from headrace.cli.options import StateDirOption
from headrace.client.model import Job
from headrace.embedded.up import DEFAULT_STATE_DIR


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
    table = Table(box=None, pad_edge=False)
    for column in ("job", "status", "model", "agent", "created", ""):
        table.add_column(column, no_wrap=column == "job")
    for job in page.jobs:
        table.add_row(job.job_id, _status(job), job.model, job.miner_id or "", _when(job), saying(job))
    Console().print(table)
    if page.has_more:
        typer.echo(f"{len(page.jobs)} of {page.total}", err=True)


def _status(job: Job) -> str:
    running = job.status == "running" and job.progress is not None
    return f"{job.status} {job.progress:.0f} %" if running else job.status


def _when(job: Job) -> str:
    return "" if job.created_at is None else job.created_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
