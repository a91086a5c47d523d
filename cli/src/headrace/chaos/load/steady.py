"""The steady load: so many jobs a second, whatever becomes of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from headrace.chaos.load.ask import AURAFLUX, NATIVE, make_ask
from headrace.chaos.load.conversation import Client
from headrace.chaos.load.speaker import Speaker
from headrace.chaos.notes.book import NoteBooks
from headrace.chaos.site.site import Site

_ANSWER_S = 15.0
_PATIENCE_S = 60.0


async def offer(client: Client, *, seed: int, rate: float, lasts_s: float) -> int:
    """Ask for `rate` jobs a second for `lasts_s` seconds, then wait until all are answered; returns how many."""
    loop = asyncio.get_running_loop()
    began, n = loop.time(), 0
    async with asyncio.TaskGroup() as group:
        while (at := n / rate) < lasts_s:
            await asyncio.sleep(max(0.0, began + at - loop.time()))
            n += 1
            group.create_task(client.have_done(make_ask(seed, n), patience_s=_PATIENCE_S))
    return n


@asynccontextmanager
async def open_client(site: Site, books: NoteBooks, *, webhook_url: str) -> AsyncIterator[Client]:
    """A client with the keys of the stack's first account."""
    timeout = aiohttp.ClientTimeout(total=_ANSWER_S)
    async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0)) as session:
        keys = {NATIVE: site.secrets.native_key, AURAFLUX: site.secrets.auraflux_key}
        speaker = Speaker(session=session, keys=keys, webhook_url=webhook_url)
        client = Client(speaker, site.programs.origins, books)
        try:
            yield client
        finally:
            client.close()
