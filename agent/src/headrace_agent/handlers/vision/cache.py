"""A file made once and kept: several processes may ask for it at the same time."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def made_once(path: Path, make: Callable[[Path], None]) -> Path:
    """``path``, after ``make(temporary path)`` wrote it if it was not there.

    A reader never sees half a file, and of several processes one makes it while the others wait.
    Raises ``OSError`` when the folder can't be written, and what ``make`` raises.
    """
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with (path.parent / f".{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path.is_file():
            return path
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        try:
            make(Path(temporary))
            Path(temporary).chmod(0o644)  # the agent may run as another user than the one who prepared
            Path(temporary).replace(path)
        finally:
            Path(temporary).unlink(missing_ok=True)
    return path
