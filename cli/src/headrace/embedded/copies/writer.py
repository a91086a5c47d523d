"""Writes a backup: a tar file whose last entry has the checksums of all others."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec

from headrace.embedded.copies.manifest import MANIFEST, Manifest, Sum


class BackupWriter:
    """The file appears under its name, whole and readable by its owner only, when ``finish`` returns."""

    def __init__(self, path: Path) -> None:
        """Raises OSError (FileExistsError: there is such a file)."""
        if path.exists():
            raise FileExistsError(f"{path} is there already")
        self._path = path
        self._scratch = path.with_name(f".{path.name}.{os.getpid()}.partial")
        descriptor = os.open(self._scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(descriptor, "wb")
        self._tar = tarfile.open(fileobj=self._file, mode="w:", format=tarfile.PAX_FORMAT)  # noqa: SIM115 -- closed by finish
        self._sums: dict[str, Sum] = {}

    @property
    def entries(self) -> Mapping[str, Sum]:
        return self._sums

    def add(self, name: str, data: bytes) -> None:
        self._add(name, io.BytesIO(data), len(data))

    def add_file(self, name: str, path: Path) -> None:
        """Raises FileNotFoundError, and then nothing of it is written."""
        with path.open("rb") as file:
            self._add(name, file, os.fstat(file.fileno()).st_size)

    def finish(self, manifest: Manifest) -> None:
        self._add(MANIFEST, io.BytesIO(data := msgspec.json.encode(manifest)), len(data))
        self._tar.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._scratch.rename(self._path)

    def _add(self, name: str, data: IO[bytes], size: int) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = size, 0o600, int(time.time())
        summed = _Summed(data)
        self._tar.addfile(entry, summed)
        self._sums[name] = Sum(size=size, sha256=summed.digest.hexdigest())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._scratch.unlink(missing_ok=True)


class _Summed:
    """A file that is summed up while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data
