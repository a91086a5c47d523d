"""Which process a pid meant: pids are given out again, a pid with its start time is not."""

from __future__ import annotations

import os

import msgspec
import psutil

_TOLERANCE_S = 2.0  # the start time is derived from the boot time, which moves when the clock is set


class ProcessIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """A pid with the time (seconds since the epoch) at which its process started."""

    pid: int
    started_at_s: float


def identify(pid: int) -> ProcessIdentity | None:
    """The identity of a living process, None when there is none with this pid."""
    process = _living(pid)
    return None if process is None else ProcessIdentity(pid=pid, started_at_s=process.create_time())


def myself() -> ProcessIdentity:
    return ProcessIdentity(pid=os.getpid(), started_at_s=psutil.Process().create_time())


def still_running(identity: ProcessIdentity) -> psutil.Process | None:
    """The process of this identity while it lives; None when it ended or its pid means another one now."""
    process = _living(identity.pid)
    if process is None or abs(process.create_time() - identity.started_at_s) > _TOLERANCE_S:
        return None
    return process


def _living(pid: int) -> psutil.Process | None:
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process
    except psutil.NoSuchProcess:
        return None
