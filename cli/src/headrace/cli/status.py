"""`headrace status`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from headrace.cli.options import StateDirOption
from headrace.embedded.identity import ProcessIdentity, identify
from headrace.embedded.layout import StateDir
from headrace.embedded.lock import holder_pid
from headrace.embedded.state_file import Health, Phase, ProcessState, StackState, read_state
from headrace.embedded.up import DEFAULT_STATE_DIR

NOT_RUNNING = 3  # as LSB init scripts say it


def status(
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Show each process: pid, up since, restarts, health. Exit status 3 when no stack runs."""
    where = StateDir.at(state_dir)
    state = current_state(where)
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(report(where, state))).decode())
    elif state is None:
        typer.echo(f"no stack runs in {where.root}; start one with `headrace up --state-dir {where.root}`")
    else:
        _show(state)
    if state is None:
        raise typer.Exit(NOT_RUNNING)


def current_state(where: StateDir) -> StackState | None:
    """The state of the stack that runs in the folder now, None when none does."""
    state = read_state(where.stack_json)
    holder = holder_pid(where.lock)
    if holder is None:
        return None
    if state is not None and state.supervisor.pid == holder:
        return state
    # It has just taken the lock, and what is in the file is from the supervisor before it.
    now = datetime.now(UTC)
    supervisor = identify(holder) or ProcessIdentity(pid=holder, started_at_s=now.timestamp())
    return StackState(
        phase=Phase.STARTING, supervisor=supervisor, started_at=now, api_url="", ports={}, processes={}
    )


def report(where: StateDir, state: StackState | None) -> dict[str, object]:
    """The JSON form: stable names, times in UTC."""
    if state is None:
        return {"running": False, "state_dir": str(where.root), "processes": {}}
    return {
        "running": True,
        "state_dir": str(where.root),
        "phase": state.phase,
        "api_url": state.api_url,
        "started_at": state.started_at,
        "supervisor_pid": state.supervisor.pid,
        "ports": state.ports,
        "processes": {
            name: {
                "pid": process.identity.pid if process.identity else None,
                "port": process.port,
                "up_since": process.up_since,
                "restarts": process.restarts,
                "health": process.health,
                "reason": process.reason,
            }
            for name, process in state.processes.items()
        },
    }


def _show(state: StackState) -> None:
    console = Console()
    console.print(
        f"{state.phase} at {state.api_url or 'an address to come'}, supervisor pid {state.supervisor.pid}",
        highlight=False,
        markup=False,
    )
    table = Table(box=None, pad_edge=False)
    for column in ("process", "pid", "port", "up", "restarts", "health"):
        table.add_column(column, justify="right" if column in {"pid", "port", "up", "restarts"} else "left")
    for name, process in state.processes.items():
        table.add_row(name, *_cells(process))
    console.print(table, highlight=False)


def _cells(process: ProcessState) -> tuple[str, ...]:
    health = process.health if process.health is Health.READY else f"{process.health}: {process.reason}"
    return (
        str(process.identity.pid) if process.identity else "-",
        str(process.port or "-"),
        duration((datetime.now(UTC) - process.up_since).total_seconds()) if process.up_since else "-",
        str(process.restarts),
        health.removesuffix(": "),
    )


def duration(seconds: float) -> str:
    """A time span for people: 42s, 3m07s, 5h12m, 2d04h."""
    whole = max(0, int(seconds))
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if days:
        return f"{days}d{hours % 24:02d}h"
    if hours:
        return f"{hours}h{minutes % 60:02d}m"
    return f"{minutes}m{whole % 60:02d}s" if minutes else f"{whole}s"
