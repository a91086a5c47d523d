"""One supervisor a state folder: an advisory lock that the kernel lets go when its holder dies, however."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self


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
        """Take the lock. Raises AlreadyRunningError at once when it is held."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            text = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
            os.close(descriptor)
            raise AlreadyRunningError(path.parent, int(text) if text.isdigit() else None) from error
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
    """Whether a supervisor holds the lock right now."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
