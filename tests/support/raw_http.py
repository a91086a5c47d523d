"""HTTP by hand: for clients that no library would be."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

BOUNDARY = "raw-boundary"


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class RawConnection:
    """One connection to a server on the loopback address."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    @asynccontextmanager
    async def open(cls, port: int) -> AsyncIterator[RawConnection]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            yield cls(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def send_head(self, method: str, path: str, *, content_length: int) -> None:
        """The head of a request with a form."""
        await self.send(
            f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {content_length}\r\n"
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n".encode()
        )

    async def answer(self, timeout_s: float = 15.0) -> Answer:
        """The next answer, which must have a Content-Length."""
        async with asyncio.timeout(timeout_s):
            lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines[1:])
            }
            body = await self._reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(status=int(lines[0].split()[1]), headers=headers, body=body)

    async def closed_by_peer(self, timeout_s: float = 15.0) -> bool:
        """True once the server has closed the connection, without having sent anything more."""
        async with asyncio.timeout(timeout_s):
            try:
                return await self._reader.read(1) == b""
            except ConnectionError:
                return True


def form_head(model: str, filename: str | bytes, mime: str) -> bytes:
    """A form up to the content of its file."""
    name = filename if isinstance(filename, bytes) else filename.encode()
    return (
        (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="model"\r\n\r\n{model}\r\n'
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="'
        ).encode()
        + name
        + f'"\r\nContent-Type: {mime}\r\n\r\n'.encode()
    )


def form_tail() -> bytes:
    """The end of a form."""
    return f"\r\n--{BOUNDARY}--\r\n".encode()
