"""Files inside JSON: ``data:<mime-type>;base64,<base64-data>`` (seed 002; RFC 2397), decoded piece by piece."""

from __future__ import annotations

import asyncio
import binascii
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import msgspec

from headrace_api.core.errors import BadRequestError

_HEAD = re.compile(rb"data:([^,;]*)((?:;[^,;]*)*);base64,", re.IGNORECASE)
_QUOTE = ord('"')
_ESCAPE = re.compile(rb"\\")
_SPACE = re.compile(rb"\s+")
#: A multiple of 4, so that each piece decodes by itself.
_PIECE_CHARS = 64 * 1024
_HEAD_CHARS = 512


@dataclass(frozen=True, kw_only=True, slots=True)
class DataUrl:
    """A file that is still text."""

    mime: str
    text: memoryview

    @classmethod
    def of(cls, raw: object) -> DataUrl:
        """From a JSON string. Raises BadRequestError when it is no data URL."""
        view = memoryview(raw)  # type: ignore[arg-type] # msgspec.Raw has the buffer protocol, its stub doesn't say so
        if len(view) < 2 or view[0] != _QUOTE:
            raise BadRequestError("Field 'file_base64' must be a string")
        text = view[1:-1]
        if _ESCAPE.search(text):
            # JSON escapes such as \/ and \n: rare, so only these are copied.
            text = memoryview(_SPACE.sub(b"", msgspec.json.decode(view, type=str).encode()))
        head = _HEAD.match(text[:_HEAD_CHARS])
        if head is None:
            raise BadRequestError(
                "Field 'file_base64' must be a data URL: data:<mime-type>;base64,<base64-data>"
            )
        return cls(mime=head[1].decode("ascii", "replace"), text=text[head.end() :])

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes in pieces. Raises BadRequestError at the first that is no base64."""
        for at in range(0, len(self.text), _PIECE_CHARS):
            try:
                piece = binascii.a2b_base64(self.text[at : at + _PIECE_CHARS], strict_mode=True)
            except binascii.Error:
                raise BadRequestError("Field 'file_base64' is not valid base64") from None
            yield piece
            await asyncio.sleep(0)
