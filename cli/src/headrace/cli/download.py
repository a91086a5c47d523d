"""`headrace download`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from headrace.cli.api import KeyOption, UrlOption, api_client
from headrace.cli.bytes_bar import bytes_bar
from headrace.cli.options import StateDirOption
from headrace.embedded.up import DEFAULT_STATE_DIR


def download(
    job_id: Annotated[str, typer.Argument(metavar="JOB")],
    to: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file or a folder; else the working directory.")
    ] = None,
    file: Annotated[
        str | None, typer.Option("--file", help="One of several result files, by its name.")
    ] = None,
    url: UrlOption = None,
    key: KeyOption = None,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
) -> None:
    """Fetch a job's result file, or its JSON result; print where it is."""
    with api_client(url, key, state_dir) as client, bytes_bar(job_id, quiet=False) as on_bytes:
        saved = client.download(job_id, to, file=file, on_bytes=on_bytes)
    typer.echo(saved)
