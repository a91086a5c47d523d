"""One supervisor a state folder: an advisory lock that the kernel lets go when its holder dies, however."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

PATIENCE_S = 0.3  # `is_locked` of another process holds a free lock for an instant
_POLL_S = 0.02


class AlreadyRunningError(Exception):
    """Another supervisor holds the state folder; `pid` is its process id where it is known."""

    def __init__(self, folder: Path, pid: int | None) -> None:
        who = f" (pid {pid})" if pid else ""
        super().__init__(
            f"a stack already runs in {folder}{who}: see `headrace status --state-dir {folder}`, stop it with "
            f"`headrace down --state-dir {folder}`, or start another one with a different --state-dir"
        )
        self.pid = pid


class SupervisorLock:
    """The lock file, locked. The descriptor is not inherited, so that children do not hold the lock."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def acquire(cls, path: Path) -> Self:
        """Take the lock. Raises AlreadyRunningError when it is held, and stays so for PATIENCE_S seconds."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + PATIENCE_S
        while not _try_lock(descriptor):
            if time.monotonic() > deadline:
                pid = _read_pid(descriptor)
                os.close(descriptor)
                raise AlreadyRunningError(path.parent, pid)
            time.sleep(_POLL_S)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        return cls(descriptor)

    def release(self) -> None:
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def is_locked(path: Path) -> bool:
    """Whether a supervisor holds the lock right now. Looking takes the lock for an instant if it is free."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        return not _try_lock(descriptor)
    finally:
        os.close(descriptor)


def holder_pid(path: Path) -> int | None:
    """The pid of the supervisor that holds the lock, None when nobody does."""
    deadline = time.monotonic() + PATIENCE_S
    while is_locked(path):
        with path.open("rb") as file:
            pid = _read_pid(file.fileno())
        if pid is not None:
            return pid
        if time.monotonic() > deadline:  # it took the lock and has not yet written who it is
            return None
        time.sleep(_POLL_S)
    return None


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read_pid(descriptor: int) -> int | None:
    text = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
    return int(text) if text.isdigit() else None
