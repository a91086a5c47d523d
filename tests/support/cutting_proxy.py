"""A TCP proxy that loses what servers answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit


class CuttingProxy:
    """``plan``: of each connection to come, how many bytes of its answers come through; all, when it is used up."""

    def __init__(self, origin: str) -> None:
        place = urlsplit(origin)
        self._host, self._port = str(place.hostname), int(place.port or 80)
        self.plan: list[int] = []
        #: Connections that were cut.
        self.cuts = 0
        #: Connections that were made.
        self.connections = 0
        self.url = ""
        self._open: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()

    def cut_all(self) -> None:
        """Cut every connection that is open now."""
        for writer in self._open:
            self._cut(writer)

    async def end(self) -> None:
        """Cut everything, and wait until nothing is left of it."""
        self.cut_all()
        await asyncio.gather(*self._serving)

    def _cut(self, writer: asyncio.StreamWriter) -> None:
        if not writer.transport.is_closing():
            self.cuts += 1
            writer.transport.abort()

    def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        left = self.plan.pop(0) if self.plan else None
        above_reader, above = await asyncio.open_connection(self._host, self._port)
        self._open.add(writer)
        # Who asked is gone: nothing is to be answered any more.
        there = asyncio.create_task(_copy(reader, above))
        there.add_done_callback(lambda _: above.transport.abort())
        try:
            while data := await above_reader.read(16 * 1024):
                if left is not None and len(data) > left:
                    writer.write(data[:left])
                    with contextlib.suppress(ConnectionError):
                        await writer.drain()
                    self._cut(writer)
                    break
                left = None if left is None else left - len(data)
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            there.cancel()
            await asyncio.gather(there, return_exceptions=True)
            self._open.discard(writer)
            writer.close()
            above.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(16 * 1024):
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def cutting(origin: str) -> AsyncIterator[CuttingProxy]:
    """A proxy before ``origin``; it ends with the block."""
    proxy = CuttingProxy(origin)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
        await proxy.end()
        await server.wait_closed()
