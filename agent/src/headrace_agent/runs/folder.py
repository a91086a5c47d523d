"""Private folders on the local disk: one for the agent process, one in it for each run."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

_LOCK: Final = ".lock"


class WorkDir:
    """The agent process's folder. A lock on it lives as long as the process, so that leftovers can be told."""

    def __init__(self, root: Path, instance: str) -> None:
        self._root = root
        self.path = root / instance
        self._lock = -1

    def open(self) -> None:
        """Make the folder and remove those of agents that are gone.

        Raises OSError when it can't be written.
        """
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path.mkdir(mode=0o700)
        self._lock = os.open(self.path / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for other in self._root.iterdir():
            if other != self.path and (other / _LOCK).exists() and _abandoned(other / _LOCK):
                shutil.rmtree(other, ignore_errors=True)

    def run_folder(self, name: str) -> Path:
        """A new, empty folder for one run."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.path))

    def close(self) -> None:
        if self._lock >= 0:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1


def _abandoned(lock: Path) -> bool:
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(descriptor)
