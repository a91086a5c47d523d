"""`headrace watch`."""

from __future__ import annotations

from typing import Annotated

import typer

from headrace.cli.api import JsonOption, KeyOption, UrlOption, api_client
from headrace.cli.ended import report
from headrace.cli.job_bar import job_bar
from headrace.cli.options import StateDirOption
from headrace.embedded.up import DEFAULT_STATE_DIR


def watch(
    job_id: Annotated[str, typer.Argument(metavar="JOB")],
    timeout_s: Annotated[float | None, typer.Option("--timeout", help="Longest wait, in seconds.")] = None,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
) -> None:
    """Wait for a job's end and print its result; the exit status is 1 when it has none."""
    with api_client(url, key, state_dir) as client:
        with job_bar(quiet=as_json) as on_look:
            job = client.wait(job_id, timeout_s=timeout_s, on_look=on_look, check=False)
        report(job, as_json=as_json)
