"""The link that faults cut, silence and slow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from headrace.chaos.site.link import Link, linked


@asynccontextmanager
async def echo() -> AsyncIterator[int]:
    """A server that sends back what it gets; its port."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1000):
                writer.write(data)
        except ConnectionError:
            pass
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


@asynccontextmanager
async def conversation(link: Link) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def said(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, word: bytes) -> bytes:
    writer.write(word)
    async with asyncio.timeout(5):
        return await reader.readexactly(len(word))


async def test_it_passes_on_what_is_said() -> None:
    async with echo() as port, linked(port) as link, conversation(link) as (reader, writer):
        assert await said(reader, writer, b"hello") == b"hello"


async def test_a_cut_resets_what_is_open_and_what_comes_until_it_is_mended() -> None:
    async with echo() as port, linked(port) as link:
        async with conversation(link) as (reader, writer):
            assert await said(reader, writer, b"one") == b"one"
            link.cut()
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await said(reader, writer, b"two")
        async with conversation(link) as (reader, writer):
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await said(reader, writer, b"three")
        link.mend()
        async with conversation(link) as (reader, writer):
            assert await said(reader, writer, b"four") == b"four"


async def test_a_mute_link_holds_back_what_is_said_until_it_is_mended() -> None:
    async with echo() as port, linked(port) as link, conversation(link) as (reader, writer):
        assert await said(reader, writer, b"one") == b"one"
        link.mute()
        writer.write(b"two")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await reader.readexactly(3)
        link.mend()
        async with asyncio.timeout(5):
            assert await reader.readexactly(3) == b"two"


async def test_a_slow_link_takes_its_time_in_both_directions() -> None:
    async with echo() as port, linked(port) as link, conversation(link) as (reader, writer):
        link.delay_s = 0.1
        began = time.monotonic()
        assert await said(reader, writer, b"slow") == b"slow"
        assert time.monotonic() - began >= 0.2


async def test_a_server_that_is_away_resets_the_connection() -> None:
    async with echo() as port:
        pass
    async with linked(port) as link, conversation(link) as (reader, writer):
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await said(reader, writer, b"hello")
