"""Stopping a stack from outside: its supervisor, or what a dead supervisor left."""

from __future__ import annotations

import asyncio
import os
import signal
from enum import StrEnum

import psutil

from headrace.embedded.identity import ProcessIdentity, identify, still_running
from headrace.embedded.layout import StateDir
from headrace.embedded.leftovers import stop_leftovers
from headrace.embedded.lock import holder_pid, is_locked
from headrace.embedded.state_file import read_state

STOP_WITHIN_S = 15.0
_POLL_S = 0.05


class DownOutcome(StrEnum):
    """What `take_down` found and did."""

    STOPPED = "stopped"
    KILLED = "killed"
    LEFTOVERS = "leftovers"
    NOT_RUNNING = "not running"


async def take_down(state_dir: StateDir, *, within_s: float = STOP_WITHIN_S) -> DownOutcome:
    """Stop the stack of this folder and wait until nothing of it runs."""
    supervisor = holder_pid(state_dir.lock)  # it holds the lock, so the pid is its own
    if supervisor is None:
        return DownOutcome.LEFTOVERS if await _stop_leftovers(state_dir) else DownOutcome.NOT_RUNNING
    process = identify(supervisor)
    os.kill(supervisor, signal.SIGTERM)
    if await _unlocked(state_dir, within_s):
        # It lets the lock go a moment before it ends.
        await _gone(process, within_s)
        return DownOutcome.STOPPED
    os.kill(supervisor, signal.SIGKILL)
    await _unlocked(state_dir, within_s)
    await _gone(process, within_s)
    await _stop_leftovers(state_dir)
    return DownOutcome.KILLED


async def _stop_leftovers(state_dir: StateDir) -> bool:
    state = read_state(state_dir.stack_json)
    return state is not None and bool(await stop_leftovers(state))


async def _gone(process: ProcessIdentity | None, within_s: float) -> None:
    if process is not None and (running := still_running(process)) is not None:
        await asyncio.to_thread(psutil.wait_procs, [running], timeout=within_s)


async def _unlocked(state_dir: StateDir, within_s: float) -> bool:
    deadline = asyncio.get_running_loop().time() + within_s
    while is_locked(state_dir.lock):
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(_POLL_S)
    return True
