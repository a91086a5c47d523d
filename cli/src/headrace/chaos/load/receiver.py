"""The customer's server: it takes webhooks, writes them down, and now and then fails or hangs at the first try."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from headrace.chaos.notes.book import NoteBooks, Pen
from headrace.chaos.notes.entries import Heard
from headrace.demo.signature import is_genuine

_ID = re.compile(rb"[0-9a-f]{32}")
_FAILS, _HANGS = 0.04, 0.01
_HANG_S = 6.0


@dataclass(kw_only=True)
class Receiver:
    """Listens at `url` while its context is open; `kind` True: it answers 200 to everything from now on."""

    secret: str = field(repr=False)
    pen: Pen
    chance: random.Random
    url: str = ""
    kind: bool = False
    _known: set[str] = field(default_factory=set)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        webhook_id = headers.get("webhook-id", "")
        answer = self._mood() if webhook_id not in self._known else 200
        self._known.add(webhook_id)
        self.pen.write(
            Heard(
                webhook_id=webhook_id,
                ids=sorted({found.decode() for found in _ID.findall(body.replace(b"-", b""))}),
                genuine=is_genuine(headers, body, secret=self.secret, now_s=time.time()),
                answer=answer,
                at=time.time(),
            )
        )
        if answer == 0:
            await asyncio.sleep(_HANG_S)
        return web.Response(status=answer or 200)

    def _mood(self) -> int:
        drawn = self.chance.random()
        if self.kind or drawn >= _FAILS + _HANGS:
            return 200
        return 500 if drawn < _FAILS else 0


@asynccontextmanager
async def receiving(secret: str, books: NoteBooks, *, seed: int) -> AsyncIterator[Receiver]:
    """A receiver on a free port of loopback."""
    chance = random.Random(f"headrace-chaos-receiver-{seed}")  # noqa: S311 -- moods that can be repeated
    receiver = Receiver(secret=secret, pen=Pen(books.webhooks), chance=chance)
    app = web.Application()
    app.router.add_post("/webhook", receiver.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/webhook"
        yield receiver
    finally:
        await runner.cleanup()
        receiver.pen.close()
