"""`headrace cancel`."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from headrace.cli.api import JsonOption, KeyOption, UrlOption, api_client
from headrace.cli.options import StateDirOption
from headrace.embedded.up import DEFAULT_STATE_DIR


def cancel(
    job_id: Annotated[str, typer.Argument(metavar="JOB")],
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
) -> None:
    """Cancel a job that has not ended."""
    with api_client(url, key, state_dir) as client:
        job = client.cancel(job_id)
    typer.echo(msgspec.json.encode(job).decode() if as_json else f"{job.job_id} {job.status}")
