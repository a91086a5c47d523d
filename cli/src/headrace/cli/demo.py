"""`headrace demo`."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from headrace.demo.run import DemoOptions

_INTERRUPTED = 130


def demo(
    state_dir: Annotated[
        Path | None, typer.Option("--state-dir", help="Use this folder, and leave it; a temporary one else.")
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the temporary folder with data and logs.")
    ] = False,
) -> None:
    """Run real jobs of every model through a stack of their own, kill an agent meanwhile, and show what they found.

    Exit status 0 only if everything happened as it should.
    """
    # The other commands shall not wait for the libraries of this one.
    from headrace.demo.client import ApiError  # noqa: PLC0415 - as above
    from headrace.demo.run import DemoOptions  # noqa: PLC0415 - as above
    from headrace.demo.samples import SampleMissingError  # noqa: PLC0415 - as above
    from headrace.demo.stack import StackFailedError  # noqa: PLC0415 - as above

    console = Console()
    try:
        options = DemoOptions(state_dir=state_dir, keep=keep)
        ok = asyncio.run(_until_signal(options, console))
    except (StackFailedError, ApiError, SampleMissingError) as error:
        typer.echo(f"headrace demo: {error}", err=True)
        raise typer.Exit(1) from error
    except (KeyboardInterrupt, asyncio.CancelledError):
        typer.echo("headrace demo: interrupted; everything is stopped", err=True)
        raise typer.Exit(_INTERRUPTED) from None
    raise typer.Exit(0 if ok else 1)


async def _until_signal(options: DemoOptions, console: Console) -> bool:
    """The demo, ended in good order by SIGTERM and SIGHUP as by Ctrl-C."""
    from headrace.demo.run import run_demo  # noqa: PLC0415 - as in `demo`
    from headrace_agent.handlers import registry  # noqa: PLC0415 - as in `demo`

    task = asyncio.ensure_future(run_demo(options, console, missing=registry.missing()))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
    return await task
