"""`headrace down`."""

from __future__ import annotations

import asyncio

import typer

from headrace.cli.options import StateDirOption
from headrace.embedded.down import DownOutcome, take_down
from headrace.embedded.layout import StateDir
from headrace.embedded.up import DEFAULT_STATE_DIR

_SAYINGS = {
    DownOutcome.STOPPED: "stopped",
    DownOutcome.KILLED: "stopped, by force: the supervisor did not answer",
    DownOutcome.LEFTOVERS: "stopped what a killed supervisor had left",
    DownOutcome.NOT_RUNNING: "nothing runs here",
}


def down(state_dir: StateDirOption = DEFAULT_STATE_DIR) -> None:
    """Stop the stack. Its data stays."""
    where = StateDir.at(state_dir)
    outcome = asyncio.run(take_down(where))
    typer.echo(f"{where.root}: {_SAYINGS[outcome]}")
