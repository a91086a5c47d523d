"""A TCP connection to a server that a test can cut and mend, as the network does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit


class Cable:
    """Use ``cable``. While it is cut, connections are closed as soon as they are made."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        self._host, self._port, self._scheme = str(place.hostname), int(place.port or 0), place.scheme
        self._open: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._whole = True
        self.port = 0

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Nothing goes through any more."""
        self._whole = False
        for writer in self._open:
            writer.transport.abort()

    def mend(self) -> None:
        self._whole = True

    async def end(self) -> None:
        """Cut it, and wait until nothing is left of it."""
        self.cut()
        await asyncio.gather(*self._serving)

    def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole:
            writer.transport.abort()
            return
        above_reader, above = await asyncio.open_connection(self._host, self._port)
        ends = {writer, above}
        self._open |= ends
        try:
            await asyncio.wait(
                {
                    asyncio.ensure_future(_copy(reader, above)),
                    asyncio.ensure_future(_copy(above_reader, writer)),
                }
            )
        finally:
            self._open -= ends
            for end in ends:
                end.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(64 * 1024):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()


@asynccontextmanager
async def cable(url: str) -> AsyncIterator[Cable]:
    """A whole cable to the server at ``url``; it ends with the block."""
    found = Cable(url)
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        await found.end()
        await server.wait_closed()
