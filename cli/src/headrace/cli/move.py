"""`headrace move`."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from headrace.cli.api import JsonOption, KeyOption, UrlOption, api_client
from headrace.cli.options import StateDirOption
from headrace.embedded.up import DEFAULT_STATE_DIR


def move(
    job_id: Annotated[str, typer.Argument(metavar="JOB")],
    priority: Annotated[str, typer.Argument(metavar="PRIORITY", help="low, normal, high or urgent.")],
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
) -> None:
    """Let a job that waits go on waiting in another class of urgency."""
    with api_client(url, key, state_dir) as client:
        job = client.move(job_id, priority)
    typer.echo(msgspec.json.encode(job).decode() if as_json else f"{job.job_id} {job.status} {job.priority}")
