"""Sending a stored file, whole or in part (RFC 9110, section 14; RFC 6266)."""

from __future__ import annotations

import asyncio
import re
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

from aiohttp import web

from headrace_api.core.errors import RangeError
from headrace_api.core.ports import ByteStream
from headrace_api.http.admission import becomes_stream

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_TOKEN_UNSAFE = re.compile(r"[^A-Za-z0-9!#$&+.^_`|~ ()\[\]{}@,=-]")


class Open(Protocol):
    """Opens a range of the file; both ends are included."""

    def __call__(
        self, key: str, *, size: int, start: int | None = None, end: int | None = None
    ) -> AbstractAsyncContextManager[ByteStream]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredFile:
    key: str
    name: str
    mime: str
    size: int


def disposition(name: str) -> str:
    """``Content-Disposition`` for a name of any characters: an ASCII form, and the true one by RFC 8187."""
    plain = _TOKEN_UNSAFE.sub("_", name)
    value = f'attachment; filename="{plain}"'
    return value if plain == name else f"{value}; filename*=UTF-8''{quote(name, safe='')}"


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """First and last byte that are wanted; None = the whole file, also for what is no single range of bytes.

    Raises RangeError when no byte of the file is inside.
    """
    match = _RANGE.fullmatch((header or "").replace(" ", ""))
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        wanted = int(match[2])
        if wanted == 0 or size == 0:
            raise RangeError(size)
        return max(0, size - wanted), size - 1
    start = int(match[1])
    end = min(int(match[2]), size - 1) if match[2] else size - 1
    if match[2] and int(match[2]) < start:
        return None
    if start >= size:
        raise RangeError(size)
    return start, end


async def send_file(
    request: web.Request, file: StoredFile, open_file: Open, *, write_timeout_s: float
) -> web.StreamResponse:
    """Stream ``file`` to the client; a client that does not take it for ``write_timeout_s`` is cut off.

    Raises OverloadedError when too many files are under way.
    """
    etag = f'"{file.key}"' if file.key.isascii() else None
    conditional = request.headers.get("If-Range")
    wanted = None
    if conditional is None or conditional == etag:
        wanted = parse_range(request.headers.get("Range"), file.size)
    start, end = wanted if wanted is not None else (None, None)
    length = file.size if start is None or end is None else end - start + 1
    response = web.StreamResponse(status=200 if wanted is None else 206)
    response.content_type = file.mime
    response.content_length = length
    response.headers["Content-Disposition"] = disposition(file.name)
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["X-Content-Type-Options"] = "nosniff"
    # Should a browser show it all the same: nothing in it runs, loads or sends.
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    if etag is not None:
        response.headers["ETag"] = etag
    if wanted is not None:
        response.headers["Content-Range"] = f"bytes {start}-{end}/{file.size}"
    if request.method == "HEAD":
        await response.prepare(request)
        return response
    becomes_stream(request)
    async with open_file(file.key, size=file.size, start=start, end=end) as stream:
        await response.prepare(request)
        async for chunk in stream.chunks:
            async with asyncio.timeout(write_timeout_s):
                await response.write(chunk)
    await response.write_eof()
    return response
