"""A file that libraries read archives through: it gives no more at a time than is sound, and never goes back."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import IO

from headrace_api.core.archives.limits import ArchiveError

_CHUNK_BYTES = 256 * 1024


class BoundedReader(io.RawIOBase):
    """Seeks and reads as the file below it, but not more than ``most`` bytes at a time: a library that takes a size
    from a header would otherwise take as much memory.
    """

    def __init__(self, source: IO[bytes], *, most: int) -> None:
        self._source = source
        self._most = most

    def read(self, size: int | None = -1) -> bytes:
        wanted = self._most + 1 if size is None or size < 0 else size
        if wanted > self._most:
            data = self._source.read(self._most + 1)
            if len(data) > self._most:
                raise ArchiveError("its directory is too large")
            return data
        return self._source.read(wanted)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._source.seek(offset, whence)

    def tell(self) -> int:
        return self._source.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


class ForwardReader:
    """What tarfile needs of a file, over one that can only be read: it counts what comes by.

    ``budget``: bytes that may be read (not skipped) until ``renew``, so that a member's headers stay small.
    """

    def __init__(self, source: IO[bytes], count: Callable[[int], None], *, budget: int) -> None:
        self._source = source
        self._count = count
        self._whole = budget
        self._budget = budget
        self._at = 0
        #: The last that was read.
        self.last = b""

    def renew(self) -> None:
        """The next member begins."""
        self._budget = self._whole

    def read(self, size: int = -1) -> bytes:
        self._budget -= size
        if size < 0 or self._budget < 0:
            raise ArchiveError("a member has too large a header")
        self.last = self._take(size)
        return self.last

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int) -> int:
        """Forward only. Past the end it stops there, as a read will tell."""
        if offset < self._at:
            raise ArchiveError("it is broken: its members overlap")
        while self._at < offset and self._take(min(_CHUNK_BYTES, offset - self._at)):
            pass
        return self._at

    def rest(self) -> bool:
        """Read to the end; True when it is all zeros."""
        zeros = True
        while chunk := self._take(_CHUNK_BYTES):
            zeros = zeros and not chunk.strip(b"\x00")
        return zeros

    def _take(self, size: int) -> bytes:
        data = self._source.read(size)
        self._at += len(data)
        self._count(len(data))
        return data
