"""`headrace up --detach`: the supervisor in a process of its own, followed until everything answers."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import typer

from headrace.embedded.layout import StateDir
from headrace.embedded.state_file import Phase, read_state

_POLL_S = 0.05


def detach(where: StateDir, *, port: int, agents: int, slots: int | None) -> int:
    """Start the supervisor and show what it says until the stack is ready (0) or it gave up (1).

    Ctrl-C while it starts stops it again.
    """
    try:
        where.make()
    except OSError as error:
        typer.echo(f"headrace up: can't use {where.root} as state folder: {error}", err=True)
        return 1
    log_path = where.log("supervisor")
    with log_path.open("ab") as log:
        seen = log.tell()
        process = subprocess.Popen(
            _command(where, port=port, agents=agents, slots=slots),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        while not _is_ready(where, process.pid):
            seen = _show_new(log_path, seen)
            if process.poll() is not None:
                _show_new(log_path, seen)
                return process.returncode or 1
            time.sleep(_POLL_S)
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        _show_new(log_path, seen)
        return 130
    _show_new(log_path, seen)
    return 0


def _command(where: StateDir, *, port: int, agents: int, slots: int | None) -> list[str]:
    command = [sys.executable, "-P", "-m", "headrace", "up", "--state-dir", str(where.root)]
    command += ["--port", str(port), "--agents", str(agents)]
    return command if slots is None else [*command, "--slots", str(slots)]


def _is_ready(where: StateDir, pid: int) -> bool:
    state = read_state(where.stack_json)
    return (
        state is not None
        and state.supervisor.pid == pid
        and state.phase is Phase.READY
        and where.dev_json.exists()
    )


def _show_new(path: Path, seen: int) -> int:
    """Echo what was written to the file since `seen` bytes; gives the new count."""
    with path.open("rb") as file:
        file.seek(seen)
        new = file.read()
    if new:
        typer.echo(new.decode(errors="replace"), nl=False)
    return seen + len(new)
