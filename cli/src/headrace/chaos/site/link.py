"""A TCP connection that can be cut, silenced or slowed: a proxy in front of one server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from headrace.embedded.ports import LOOPBACK

_CHUNK_BYTES = 64 * 1024


class Link:
    """Listens on `port` and passes everything on to `server_port`, both on the loopback address."""

    def __init__(self, server_port: int) -> None:
        self.port = 0
        #: How much longer each packet takes, in seconds, in both directions.
        self.delay_s = 0.0
        self._server_port = server_port
        self._cut = False
        self._flows = asyncio.Event()
        self._flows.set()
        self._open: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        """Reset every connection, and each new one, until `mend`."""
        self._cut = True
        self._reset_all()

    def mute(self) -> None:
        """Keep connections open and carry nothing, until `mend`: what was sent meanwhile arrives then."""
        self._flows.clear()

    def mend(self) -> None:
        self._cut = False
        self._flows.set()

    async def end(self) -> None:
        self.cut()
        self._flows.set()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            writer.transport.abort()
            return
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            above_reader, above = await asyncio.open_connection(LOOPBACK, self._server_port)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, above}
        ways = [
            asyncio.create_task(self._copy(reader, above)),
            asyncio.create_task(self._copy(above_reader, writer)),
        ]
        try:
            # Both protocols end a conversation as a whole: when one side has gone, so shall the other.
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self._open -= {writer, above}
            writer.close()
            above.close()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(_CHUNK_BYTES):
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                await self._flows.wait()
                writer.write(data)
                await writer.drain()

    def _reset_all(self) -> None:
        for writer in tuple(self._open):
            writer.transport.abort()


@asynccontextmanager
async def linked(server_port: int) -> AsyncIterator[Link]:
    """A link for the time of the block."""
    link = Link(server_port)
    server = await asyncio.start_server(link.accept, LOOPBACK, 0)
    link.port = server.sockets[0].getsockname()[1]
    try:
        yield link
    finally:
        server.close()
        await link.end()
        await server.wait_closed()
