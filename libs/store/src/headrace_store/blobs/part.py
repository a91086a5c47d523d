"""The bytes of one part as a file, without ever laying them in one piece: a growing buffer would be copied."""

from __future__ import annotations

import io
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class PartBody(io.RawIOBase):
    """Append pieces, then read it as often as wanted (a signature reads it once, each try once more)."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._starts: list[int] = []
        self._size = 0
        self._at = 0

    def append(self, piece: bytes) -> None:
        if piece:
            self._starts.append(self._size)
            self._pieces.append(piece)
            self._size += len(piece)

    def __len__(self) -> int:
        return self._size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill ``buffer`` from as many pieces as it takes."""
        view = memoryview(buffer).cast("B")
        filled = 0
        index = bisect_right(self._starts, self._at) - 1
        while filled < len(view) and 0 <= index < len(self._pieces):
            inside = self._at - self._starts[index]
            piece = memoryview(self._pieces[index])[inside : inside + len(view) - filled]
            view[filled : filled + len(piece)] = piece
            filled += len(piece)
            self._at += len(piece)
            index += 1
        return filled
