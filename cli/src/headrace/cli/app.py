"""The `headrace` command."""

from __future__ import annotations

import typer

from headrace.cli.demo import demo
from headrace.cli.down import down
from headrace.cli.logs import logs
from headrace.cli.status import status
from headrace.cli.up import up
from headrace.cli.version import version

app = typer.Typer(
    name="headrace",
    help="Jobs over REST, carried by NATS JetStream, run by agents.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for command in (up, down, status, logs, demo, version):
    app.command()(command)


def main() -> None:
    """Entry point of the `headrace` script."""
    app()
