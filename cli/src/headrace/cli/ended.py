"""The end of a job, as a command tells it."""

from __future__ import annotations

import json

import msgspec
import typer

from headrace.cli.job_bar import saying
from headrace.client.model import Job


def report(job: Job, *, as_json: bool) -> None:
    """Print the result of a completed job on stdout. Raises typer.Exit with 1 for a job without one."""
    if as_json:
        typer.echo(msgspec.json.encode(job).decode())
    elif job.status != "completed":
        typer.echo(f"headrace: job {job.job_id} {job.status}: {saying(job)}", err=True)
    elif job.result is not None:
        typer.echo(json.dumps(job.result, indent=2, ensure_ascii=False))
    if job.status == "completed" and job.result_file is not None and not as_json:
        name, size = job.result_file.name, job.result_file.size
        typer.echo(f"{name} ({size:,} bytes): `headrace download {job.job_id}`", err=True)
    if job.status != "completed":
        raise typer.Exit(1)
