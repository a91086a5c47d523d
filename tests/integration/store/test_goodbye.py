"""A connection on which the server has said goodbye, and which is not closed yet."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg
import pytest
from tests.support.waiting import until

from headrace_store.postgres import TRANSIENT, open_pool
from headrace_store.settings import PostgresSettings


@asynccontextmanager
async def never_closing(url: str) -> AsyncIterator[str]:
    """A proxy that keeps its connections open when the server has closed them; its URL."""
    place = urlsplit(url)
    tasks: set[asyncio.Task[None]] = set()

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        above_reader, above = await asyncio.open_connection(place.hostname, place.port)
        try:
            await asyncio.gather(copy(reader, above), copy(above_reader, writer))
        finally:
            above.transport.abort()
            writer.transport.abort()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield url.replace(f":{place.port}/", f":{port}/")
    finally:
        server.close()
        await asyncio.sleep(0.05)  # who is just being let in is among the tasks then
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
        await asyncio.sleep(0.05)  # both ends hear of it in the next turns of the loop


async def test_its_error_is_one_after_which_the_same_call_may_succeed(record_url: str) -> None:
    async with never_closing(record_url) as url:
        pool = await open_pool(
            PostgresSettings(url=url, pool_min=1, pool_max=1, statement_timeout_s=2), application_name="half"
        )
        other = await asyncpg.connect(record_url, ssl=False)
        try:
            pid = await pool.fetchval("SELECT pg_backend_pid()")
            await other.execute("SELECT pg_terminate_backend($1)", pid)

            async def gone() -> bool:
                return not await other.fetchval("SELECT count(*) FROM pg_stat_activity WHERE pid = $1", pid)

            await until(gone)
            with pytest.raises(asyncpg.InternalClientError) as caught:
                await pool.fetchval("SELECT 1")
            assert isinstance(caught.value, TRANSIENT)
        finally:
            pool.terminate()
            await other.close()
