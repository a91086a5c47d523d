"""Processes of a supervisor that was killed: recognised by pid and start time, and stopped."""

from __future__ import annotations

import asyncio
import contextlib
import signal

import psutil

from headrace.embedded.groups import kill_group
from headrace.embedded.identity import still_running
from headrace.embedded.state_file import StackState

_GRACE_S = 5.0
_KILL_S = 2.0


async def stop_leftovers(state: StackState) -> tuple[str, ...]:
    """Stop what is left of `state`'s processes; gives their names. Call it under the lock of the folder."""
    found = {
        name: process
        for name, known in state.processes.items()
        if known.identity is not None and (process := still_running(known.identity)) is not None
    }
    for name, process in found.items():
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGINT if name == "postgres" else signal.SIGTERM)
    alive = await asyncio.to_thread(_wait, list(found.values()), _GRACE_S)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    await asyncio.to_thread(_wait, alive, _KILL_S)
    for process in found.values():
        kill_group(process.pid)  # what it had started itself
    return tuple(found)


def _wait(processes: list[psutil.Process], timeout_s: float) -> list[psutil.Process]:
    _, alive = psutil.wait_procs(processes, timeout=timeout_s)
    return alive
