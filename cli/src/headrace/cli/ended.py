"""The end of a job, as a command tells it."""

from __future__ import annotations

import json
import shlex

import msgspec
import typer

from headrace.cli.job_bar import saying
from headrace.client.model.job import Job


def report(job: Job, *, as_json: bool) -> None:
    """Print the result of a completed job on stdout. Raises typer.Exit with 1 for a job without one."""
    if as_json:
        typer.echo(msgspec.json.encode(job).decode())
    elif job.status != "completed":
        reason = f": {saying(job)}" if saying(job) else ""
        typer.echo(f"headrace: job {job.job_id} {job.status}{reason}", err=True)
    elif job.result is not None:
        typer.echo(json.dumps(job.result, indent=2, ensure_ascii=False))
    if job.status == "completed" and not as_json:
        _tell_of_files(job)
    if job.status != "completed":
        raise typer.Exit(1)


def _tell_of_files(job: Job) -> None:
    """What there is beside the result that was printed, and how to fetch it."""
    fetch = f"headrace download {job.job_id}"
    if job.result_file is not None:
        typer.echo(f"{job.result_file.name} ({job.result_file.size:,} bytes): {fetch}", err=True)
    elif job.result is None and job.download_url is not None:
        typer.echo(f"The result is too large to be shown here: {fetch}", err=True)
    for file in job.extra_files:
        typer.echo(f"{file.name} ({file.size:,} bytes): {fetch} --file {shlex.quote(file.name)}", err=True)
