"""A step of the start that runs to its end: the migrations."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from headrace.embedded.exits import wait_for_exit
from headrace.embedded.groups import kill_group
from headrace.embedded.log_file import LogFile
from headrace.embedded.program import Command, ProgramFailedError
from headrace.embedded.reporter import Reporter
from headrace.embedded.spawn import spawn


@dataclass(frozen=True, kw_only=True)
class OneOff:
    """`python -m MODULE ARGS` that must end with status 0 within `timeout_s` seconds."""

    name: str
    module: str
    args: tuple[str, ...]
    work_dir: Path
    env: Mapping[str, str] = field(repr=False)
    timeout_s: float = 300.0


async def run_one_off(task: OneOff, *, log: LogFile, reporter: Reporter) -> None:
    """Run it. Raises ProgramFailedError with the end of its log when it fails or takes too long."""
    reporter.starting(task.name)
    began = time.monotonic()
    command = Command(
        argv=(sys.executable, "-P", "-m", task.module, *task.args), env=dict(task.env), cwd=task.work_dir
    )
    with log.open() as output:
        process = spawn(command, output)
    try:
        in_time = await wait_for_exit(process, timeout_s=task.timeout_s)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        kill_group(process.pid)
    if not in_time or process.returncode != 0:
        what = f"failed with status {process.returncode}" if in_time else f"took over {task.timeout_s:g} s"
        raise ProgramFailedError(f"{task.name} {what}\nThe end of {log.path}:\n{log.tail()}")
    reporter.done(task.name, after_s=time.monotonic() - began)
