"""The log of one process: it writes to the file itself, we turn the file over when it is big."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True, kw_only=True)
class LogFile:
    """NAME.log with its predecessors NAME.log.1 (newest) to NAME.log.`keep`."""

    path: Path
    max_bytes: int = 10 * 1024 * 1024
    keep: int = 3

    def open(self) -> IO[bytes]:
        """For a child's output: appending, so that it goes on at the right place after a turn-over."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return self.path.open("ab", buffering=0)

    def rotate(self) -> bool:
        """Turn over when the file is over `max_bytes`; says whether it did.

        The process keeps its descriptor, so the content is copied and the file cut to nothing: what is written
        between the two is lost, which is the price for logs that survive the supervisor.
        """
        try:
            if self.path.stat().st_size <= self.max_bytes:
                return False
        except FileNotFoundError:
            return False
        for number in range(self.keep - 1, 0, -1):
            if self._old(number).exists():
                self._old(number).replace(self._old(number + 1))
        shutil.copyfile(self.path, self._old(1))
        os.truncate(self.path, 0)
        return True

    def tail(self, *, lines: int = 20, max_bytes: int = 8192) -> str:
        """The last lines, for an error message; empty when there is no log."""
        try:
            with self.path.open("rb") as file:
                file.seek(max(0, self.path.stat().st_size - max_bytes))
                text = file.read().decode(errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.rstrip().splitlines()[-lines:])

    def _old(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")
