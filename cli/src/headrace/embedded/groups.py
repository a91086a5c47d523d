"""Ending a child together with what it started itself."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess

from headrace.embedded.exits import wait_for_exit


async def stop_group(
    process: subprocess.Popen[bytes], *, stop_signal: signal.Signals, grace_s: float
) -> bool:
    """Ask the process to stop, kill it after `grace_s` seconds, then kill what is left of its group.

    Says whether it went by itself. The process must be the leader of its group (see spawn).
    """
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(stop_signal)
    by_itself = await wait_for_exit(process, timeout_s=grace_s)
    if not by_itself:
        process.kill()
        await wait_for_exit(process)
    kill_group(process.pid)
    return by_itself


def kill_group(leader_pid: int) -> None:
    """Kill what is left of the group of a leader that has ended. Call it right after it was reaped."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader_pid, signal.SIGKILL)
