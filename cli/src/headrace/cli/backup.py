"""`headrace backup` and `headrace restore`."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from headrace.cli.options import StateDirOption
from headrace.embedded.copies.backup import back_up
from headrace.embedded.copies.manifest import Manifest
from headrace.embedded.copies.restore import NotEmptyError
from headrace.embedded.copies.restore import restore as restore_to
from headrace.embedded.layout import StateDir
from headrace.embedded.lock import AlreadyRunningError
from headrace.embedded.program import ProgramFailedError
from headrace.embedded.up import DEFAULT_STATE_DIR

_SHOWN = 5
_SECRETS = (
    "It holds every secret of the stack, the keys of accounts too: only you can read it (mode 0600); keep it where you "
    "would keep a password."
)


def backup(
    file: Annotated[Path, typer.Argument(help="The backup, a new file.")],
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
) -> None:
    """Copy the record, the blobs and the secrets of the stack into one file; it may run meanwhile."""
    try:
        manifest = asyncio.run(back_up(StateDir.at(state_dir), file.absolute(), system_user=_postgres_user()))
    except (ProgramFailedError, AlreadyRunningError) as error:
        _end(error)
    typer.echo(f"{file}: {_holds(manifest)}, {file.stat().st_size / 1e6:.1f} MB")
    typer.echo(_SECRETS)
    if manifest.missing:
        shown = ", ".join(manifest.missing[:_SHOWN])
        typer.echo(
            f"headrace: {len(manifest.missing)} files that the record names were not in the store, and are not in the "
            f"backup: {shown}{', ...' if len(manifest.missing) > _SHOWN else ''}",
            err=True,
        )


def restore(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
    force: Annotated[
        bool,
        typer.Option("--force", help="Set aside what is in the state folder; it is renamed, not deleted."),
    ] = False,
) -> None:
    """Make a state folder from a backup; `headrace up` then goes on from there."""
    where = StateDir.at(state_dir)
    try:
        manifest, aside = asyncio.run(
            restore_to(file.absolute(), where, force=force, system_user=_postgres_user())
        )
    except (ProgramFailedError, AlreadyRunningError, NotEmptyError) as error:
        _end(error)
    typer.echo(f"{where.root}: {_holds(manifest)}, as of {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC")
    if aside is not None:
        typer.echo(f"what was there is in {aside}")
    typer.echo(f"start it with `headrace up --state-dir {state_dir}`")


def _holds(manifest: Manifest) -> str:
    states = ", ".join(f"{count} {state}" for state, count in sorted(manifest.jobs.items()))
    jobs = sum(manifest.jobs.values())
    return f"{jobs} jobs{f' ({states})' if states else ''} and {manifest.blobs} files"


def _postgres_user() -> str | None:
    return os.environ.get("HEADRACE_EMBEDDED_POSTGRES_USER")


def _end(error: Exception) -> NoReturn:
    typer.echo(f"headrace: {error}", err=True)
    raise typer.Exit(1) from None
