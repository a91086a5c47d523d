"""`headrace chaos`."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from headrace.chaos.options import ChaosOptions
    from headrace.chaos.report import Report

_INTERRUPTED = 130


def chaos(
    minutes: Annotated[float, typer.Option("--minutes", min=0.1, help="How long the load lasts.")] = 10.0,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same load and faults.")] = 1,
    faults: Annotated[
        str | None, typer.Option("--faults", help="Kinds of faults, divided by commas; all by default.")
    ] = None,
    rate: Annotated[float, typer.Option("--rate", min=0.1, help="Jobs a second.")] = 15.0,
    state_dir: Annotated[
        Path | None,
        typer.Option("--state-dir", help="Use this empty folder, and leave it; a temporary one else."),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the temporary folder with notes, data and logs.")
    ] = False,
    report: Annotated[Path | None, typer.Option("--report", help="Write the report there as JSON.")] = None,
) -> None:
    """Break a stack of its own under load, again and again, and prove that no job was lost or done twice.

    Exit status 0 only if every promise was kept.
    """
    # The other commands shall not wait for the libraries of this one.
    from headrace.chaos.kinds import KINDS  # noqa: PLC0415 - as above
    from headrace.chaos.options import ChaosOptions  # noqa: PLC0415 - as above
    from headrace.embedded.lock import AlreadyRunningError  # noqa: PLC0415 - as above
    from headrace.embedded.program import ProgramFailedError  # noqa: PLC0415 - as above

    kinds = (
        tuple(KINDS) if faults is None else tuple(name.strip() for name in faults.split(",") if name.strip())
    )
    options = ChaosOptions(
        minutes=minutes, seed=seed, kinds=kinds, rate=rate, keep=keep, state_dir=state_dir, report=report
    )
    try:
        found = asyncio.run(_until_signal(options, Console()))
    except (ProgramFailedError, AlreadyRunningError, ValueError) as error:
        typer.echo(f"headrace chaos: {error}", err=True)
        raise typer.Exit(1) from error
    except (KeyboardInterrupt, asyncio.CancelledError):
        typer.echo("headrace chaos: interrupted; everything is stopped", err=True)
        raise typer.Exit(_INTERRUPTED) from None
    raise typer.Exit(0 if found.ok else 1)


async def _until_signal(options: ChaosOptions, console: Console) -> Report:
    """The run, ended in good order by SIGTERM and SIGHUP as by Ctrl-C."""
    from headrace.chaos.run import run_chaos  # noqa: PLC0415 - as in `chaos`

    task = asyncio.ensure_future(run_chaos(options, console))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
    return await task
