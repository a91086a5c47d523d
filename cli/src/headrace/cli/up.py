"""`headrace up`."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Annotated

import typer
from rich.console import Console

from headrace.cli.announcement import announcement
from headrace.cli.detach import detach as run_detached
from headrace.cli.options import StateDirOption
from headrace.cli.reporters import make_reporter
from headrace.embedded.layout import StateDir
from headrace.embedded.lock import AlreadyRunningError
from headrace.embedded.program import ProgramFailedError
from headrace.embedded.stack import Stack
from headrace.embedded.up import DEFAULT_PORT, DEFAULT_STATE_DIR, UpOptions, run_stack


def up(
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the API; 0 takes any free one.")
    ] = DEFAULT_PORT,
    no_agent: Annotated[bool, typer.Option("--no-agent", help="Start no agent.")] = False,
    agents: Annotated[int, typer.Option(min=0, max=64, help="How many agents to start.")] = 1,
    slots: Annotated[
        int | None,
        typer.Option(min=1, help="Jobs that one agent runs at once; the agent decides by default."),
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Return when everything answers, and leave it running.")
    ] = False,
) -> None:
    """Start the whole stack on this machine: NATS, Postgres, S3, the services and agents."""
    began = time.monotonic()
    where = StateDir.at(state_dir)
    count = 0 if no_agent else agents
    if detach:
        status = run_detached(where, port=port, agents=count, slots=slots)
        raise typer.Exit(status)
    console = Console()
    options = UpOptions(state_dir=where, port=port, agents=count, slots=slots)

    def announce(stack: Stack) -> None:
        text = announcement(
            api_url=stack.api_url,
            nats_url=stack.nats_url,
            state_dir=where.root,
            seconds=time.monotonic() - began,
        )
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    try:
        asyncio.run(
            run_stack(options, environ=dict(os.environ), reporter=make_reporter(console), announce=announce)
        )
    except (AlreadyRunningError, ProgramFailedError) as error:
        typer.echo(f"headrace up: {error}", err=True)
        raise typer.Exit(1) from error
    console.print("stopped", markup=False)
