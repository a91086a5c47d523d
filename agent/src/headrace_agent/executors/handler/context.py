"""The context that a handler gets, inside the worker process."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from headrace_agent.executors.handler.files import ResultFiles
from headrace_agent.executors.handler.frames import Progress

#: Progress is shown to people: more often than this is thrown away here, before it costs the agent anything.
_PROGRESS_S: Final = 0.1


class WorkerContext:
    """The ``handlers.api.Context`` of one run."""

    def __init__(
        self,
        *,
        job_id: str,
        attempt: int,
        folder: Path,
        cancel: threading.Event,
        send: Callable[[Progress], None],
    ) -> None:
        self._job_id = job_id
        self._attempt = attempt
        self._cancel = cancel
        self._send = send
        self._percent = -1.0
        self._message = ""
        self._sent_at = 0.0
        self.files = ResultFiles(folder / "out")

    @property
    def job_id(self) -> str:
        return self._job_id

    @property
    def attempt(self) -> int:
        return self._attempt

    @property
    def cancelled(self) -> bool:
        return self._cancel.is_set()

    def progress(self, percent: float, message: str = "") -> None:
        """Keeps the highest figure; what comes too fast is thrown away, except for 100."""
        percent = min(100.0, max(0.0, float(percent)))
        if percent < self._percent or (percent == self._percent and message == self._message):
            return
        now = time.monotonic()
        if percent < 100 and now - self._sent_at < _PROGRESS_S:
            return
        self._percent, self._message, self._sent_at = percent, message, now
        self._send(Progress(percent=percent, message=message[:4000]))

    def log(self, line: str) -> None:
        """Goes the way of a print, so that both keep their order."""
        sys.stdout.flush()
        data = (line.replace("\n", " ") + "\n").encode("utf-8", "replace")
        while data:
            data = data[os.write(1, data) :]

    def output_path(self, filename: str) -> Path:
        """Raises ValueError for a name that can't be, and for a second main file."""
        return self.files.main(filename)

    def extra_path(self, filename: str) -> Path:
        """Raises ValueError for a name that can't be or is taken, and for more files than a job may have."""
        return self.files.beside(filename)
