"""`headrace logs`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from headrace.cli.api import KeyOption, UrlOption
from headrace.cli.job_logs import is_job_id, show_job_logs
from headrace.cli.options import StateDirOption
from headrace.embedded.layout import StateDir
from headrace.embedded.log_file import LogFile
from headrace.embedded.up import DEFAULT_STATE_DIR

_POLL_S = 0.2


def logs(
    name: Annotated[
        str | None, typer.Argument(help="A job, or one process as `headrace status` names it.")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C, or the end of the job.")
    ] = False,
    lines: Annotated[
        int,
        typer.Option(
            "--lines", "-n", min=0, help="Lines to begin with, of each process's log; a job's is shown whole."
        ),
    ] = 20,
    url: UrlOption = None,
    key: KeyOption = None,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
) -> None:
    """Show what a job wrote, or the logs of the local stack: of all its processes, or of one."""
    if name is not None and is_job_id(name):
        show_job_logs(name, follow=follow, url=url, key=key, state_dir=state_dir)
        return
    where = StateDir.at(state_dir)
    found = {path.stem: path for path in sorted(where.logs.glob("*.log"))}
    if name is not None and name not in found:
        known = ", ".join(found) or "none yet"
        typer.echo(f"headrace logs: no log of {name!r} in {where.logs}; there are: {known}", err=True)
        raise typer.Exit(1)
    chosen = found if name is None else {name: found[name]}
    width = 0 if name else max((len(each) for each in chosen), default=0)
    tails = [LogTail(each, path, width=width) for each, path in chosen.items()]
    for tail in tails:
        tail.show_last(lines)
    try:
        while follow:
            for tail in tails:
                tail.show_new()
            time.sleep(_POLL_S)
    except KeyboardInterrupt:
        raise typer.Exit from None


class LogTail:
    """Prints a log from its end on; each line is led by the name when `width` is not 0."""

    def __init__(self, name: str, path: Path, *, width: int) -> None:
        self._path = path
        self._lead = f"{name:<{width}} | " if width else ""
        self._seen = path.stat().st_size
        self._rest = ""

    def show_last(self, lines: int) -> None:
        if lines:
            text = LogFile(path=self._path).tail(lines=lines, max_bytes=64 * 1024)
            self._print(text.splitlines())

    def show_new(self) -> None:
        """What was written since the last call; begins anew when the log was turned over."""
        with self._path.open("rb") as file:
            if self._path.stat().st_size < self._seen:
                self._seen = 0
            file.seek(self._seen)
            new = file.read()
        self._seen += len(new)
        *whole, self._rest = (self._rest + new.decode(errors="replace")).split("\n")
        self._print(whole)

    def _print(self, lines: list[str]) -> None:
        for line in lines:
            typer.echo(self._lead + line)
