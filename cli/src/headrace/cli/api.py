"""How the job commands reach the API: by what is given, by the environment, or as the local stack's own account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from headrace.client.access import KEY_VARIABLE, URL_VARIABLE
from headrace.client.errors import HeadraceError, UnreachableError
from headrace.client.sync import Client
from headrace.embedded.layout import StateDir

UrlOption = Annotated[
    str | None, typer.Option("--url", envvar=URL_VARIABLE, help="Address of the API; else the local stack's.")
]
KeyOption = Annotated[
    str | None, typer.Option("--key", envvar=KEY_VARIABLE, help="An hr_live_ key; else the local stack's.")
]
#: The status of a program that Ctrl-C has ended, as shells know it.
INTERRUPTED = 130
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@contextmanager
def api_client(url: str | None, key: str | None, state_dir: Path) -> Iterator[Client]:
    """A client for the block; what the API refuses is told to people, and the command ends with status 1."""
    known_url, known_key = _local(state_dir)
    if not (url or known_url):
        typer.echo(
            f"headrace: no stack runs in {state_dir}: start one with `headrace up`, or give --url and --key "
            f"({URL_VARIABLE} and {KEY_VARIABLE})",
            err=True,
        )
        raise typer.Exit(1)
    try:
        with Client(url or known_url, key or (known_key if not url or url == known_url else None)) as client:
            yield client
    except UnreachableError as error:
        local = url is None or url == known_url
        hint = (
            f"\nThe stack in {state_dir} does not run, or is not well: see `headrace status`" if local else ""
        )
        typer.echo(f"headrace: {error}{hint}", err=True)
        raise typer.Exit(1) from None
    except HeadraceError as error:
        typer.echo(f"headrace: {error}", err=True)
        raise typer.Exit(1) from None
    except BrokenPipeError:
        raise  # nobody reads on; the command ends quietly
    except OSError as error:
        typer.echo(f"headrace: {error}", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


def _local(state_dir: Path) -> tuple[str | None, str | None]:
    """Address and key of the stack in this folder, if there is one."""
    try:
        entry = json.loads(StateDir.at(state_dir).dev_json.read_text())["native"]
        return str(entry["origin"]), str(entry["api_key"])
    except (OSError, ValueError, KeyError, TypeError):
        return None, None
