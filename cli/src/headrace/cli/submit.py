"""`headrace submit`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from headrace.cli.api import JsonOption, KeyOption, UrlOption, api_client
from headrace.cli.bytes_bar import bytes_bar
from headrace.cli.ended import report
from headrace.cli.job_bar import job_bar
from headrace.cli.options import StateDirOption
from headrace.embedded.up import DEFAULT_STATE_DIR


def submit(
    model: Annotated[str, typer.Argument(help="A model, as in GET /v1/models.")],
    text: Annotated[str | None, typer.Argument(metavar="INPUT", help="The model's text.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", exists=True, dir_okay=False, help="A file to upload.")
    ] = None,
    payload: Annotated[
        str | None, typer.Option("--payload", "-p", help="The model's options, as a JSON object.")
    ] = None,
    priority: Annotated[str, typer.Option(help="low, normal, high or urgent.")] = "normal",
    wait: Annotated[
        bool, typer.Option("--wait", "-w", help="Wait for the end; the exit status is 1 without a result.")
    ] = False,
    timeout_s: Annotated[float | None, typer.Option("--timeout", help="Longest wait, in seconds.")] = None,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
) -> None:
    """Submit a job and print its id, or wait for its end and print its result."""
    if text is not None and file is not None:
        raise typer.BadParameter("give INPUT or --file, not both: the file is the input")
    fields = _object(payload)
    with api_client(url, key, state_dir) as client:
        label = file.name if file else "upload"
        with bytes_bar(label, quiet=as_json or file is None) as on_bytes:
            made = client.submit(model, text, payload=fields, file=file, priority=priority, on_bytes=on_bytes)
        if not wait:
            typer.echo(msgspec.json.encode(made).decode() if as_json else made.job_id)
            return
        if not as_json:
            typer.echo(made.job_id, err=True)
        with job_bar(quiet=as_json) as on_look:
            job = client.wait(made.job_id, timeout_s=timeout_s, on_look=on_look, check=False)
        report(job, as_json=as_json)


def _object(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        value = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"--payload is not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise typer.BadParameter('--payload must be a JSON object, such as \'{"prompt": "hello"}\'')
    return value
