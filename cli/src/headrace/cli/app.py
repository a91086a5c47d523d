"""The `headrace` command."""

from __future__ import annotations

import typer

from headrace.cli import accounts, agents, dead_letters, keys, pools, users, workers
from headrace.cli.backup import backup, restore
from headrace.cli.cancel import cancel
from headrace.cli.chaos import chaos
from headrace.cli.demo import demo
from headrace.cli.down import down
from headrace.cli.download import download
from headrace.cli.jobs import jobs
from headrace.cli.logs import logs
from headrace.cli.move import move
from headrace.cli.status import status
from headrace.cli.submit import submit
from headrace.cli.up import up
from headrace.cli.version import version
from headrace.cli.watch import watch
from headrace.cli.why import why

app = typer.Typer(
    name="headrace",
    help="Jobs over REST, carried by NATS JetStream, run by agents.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for command in (
    up,
    down,
    status,
    demo,
    chaos,
    submit,
    jobs,
    watch,
    why,
    logs,
    move,
    cancel,
    download,
    backup,
    restore,
    version,
):
    app.command()(command)
for group in (accounts, keys, users, workers, agents, pools, dead_letters):
    app.add_typer(group.app, name=group.__name__.rpartition(".")[2].replace("_", "-"))


def main() -> None:
    """Entry point of the `headrace` script."""
    app()
