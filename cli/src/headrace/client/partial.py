"""A download on its way: a file that appears whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from headrace.client.steps import SaveTo


class PartialFile:
    """Written beside its place, and moved there at the end of a block that raised nothing."""

    def __init__(self, step: SaveTo, headers: Mapping[str, str]) -> None:
        self.path = step.target(headers)
        self._on_bytes = step.on_bytes
        length = headers.get("content-length", "")
        self._total = int(length) if length.isdigit() else None
        self._done = 0
        if self._on_bytes is not None:
            self._on_bytes(0, self._total)
        if not self.path.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, "There is no such folder", str(self.path.parent))
        handle, name = tempfile.mkstemp(prefix=f".{self.path.name}.", dir=self.path.parent)
        self._file = os.fdopen(handle, "wb")
        self._partial = Path(name)

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._done += len(chunk)
        if self._on_bytes is not None:
            self._on_bytes(self._done, self._total)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if error is None:
            umask = os.umask(0)
            os.umask(umask)
            self._partial.chmod(0o666 & ~umask)  # as any new file; mkstemp keeps it to us
            self._partial.replace(self.path)
        else:
            self._partial.unlink(missing_ok=True)
