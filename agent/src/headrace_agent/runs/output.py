"""Gathers what a run prints into few, bounded pieces of text. Pure."""

from __future__ import annotations

import codecs
from typing import Final

#: A line without an end is sent in pieces of this size.
_LINE_CHARS: Final = 8 * 1024
#: No piece is larger, so that an event stays far below the size of a message.
PIECE_CHARS: Final = 32 * 1024
CUT: Final = "[the output is cut here: the job printed more than is kept]\n"


class _Stream:
    """One output stream: bytes in, whole lines out."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def add(self, data: bytes, *, final: bool = False) -> str:
        text = self._rest + self._decoder.decode(data, final)
        end = len(text) if final or len(text) > _LINE_CHARS else text.rfind("\n") + 1
        self._rest = text[end:]
        # Postgres keeps no NUL; a progress bar's carriage returns are lines here.
        return text[:end].replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")


class OutputBuffer:
    """Takes bytes, gives (stream, text) pieces in the order in which they were printed."""

    def __init__(self, limit_bytes: int) -> None:
        self._left = limit_bytes
        self._streams: dict[str, _Stream] = {}
        self._pieces: list[tuple[str, list[str]]] = []
        self.waiting_chars = 0

    def add(self, data: bytes, stream: str) -> None:
        if self._left > 0:
            found = self._streams.setdefault(stream, _Stream())
            self._keep(found.add(data), stream)

    def finish(self) -> None:
        """Take the last lines, which have no end."""
        for name, stream in self._streams.items():
            if self._left > 0:
                self._keep(stream.add(b"", final=True), name)

    def take(self) -> list[tuple[str, str]]:
        """The pieces that have come together."""
        pieces = []
        for stream, parts in self._pieces:
            text = "".join(parts)
            pieces += [(stream, text[at : at + PIECE_CHARS]) for at in range(0, len(text), PIECE_CHARS)]
        self._pieces = []
        self.waiting_chars = 0
        return pieces

    def _keep(self, text: str, stream: str) -> None:
        size = len(text.encode())
        if size > self._left:
            text = text.encode()[: self._left].decode("utf-8", "ignore")
            text += ("" if text.endswith("\n") or not text else "\n") + CUT
            self._left = 0
        else:
            self._left -= size
        if not text:
            return
        if not self._pieces or self._pieces[-1][0] != stream:
            self._pieces.append((stream, []))
        self._pieces[-1][1].append(text)
        self.waiting_chars += len(text)
