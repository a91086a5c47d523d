"""The customer's server: takes webhooks, checks their signatures, and remembers them."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from aiohttp import web

from headrace.demo.signature import is_genuine


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One webhook as it came. ``webhook_id`` is the same when it is sent again."""

    webhook_id: str
    event: str
    job_id: UUID
    genuine: bool


@dataclass(kw_only=True)
class Receiver:
    """Listens at ``url`` while its context is open."""

    secret: str = field(repr=False)
    url: str = ""
    deliveries: list[Delivery] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        """Answer 200 to what is ours, 401 to what is not, 400 to what no webhook is."""
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        genuine = is_genuine(headers, body, secret=self.secret, now_s=time.time())
        try:
            content = json.loads(body)
            delivery = Delivery(
                webhook_id=headers.get("webhook-id", ""),
                event=content["event"],
                job_id=UUID(content["job"]["id"]),
                genuine=genuine,
            )
        except (ValueError, KeyError, TypeError):
            return web.Response(status=400)
        self.deliveries.append(delivery)
        return web.Response(status=200 if genuine else 401)


@asynccontextmanager
async def receiving(secret: str) -> AsyncIterator[Receiver]:
    """A receiver on a free port of loopback."""
    receiver = Receiver(secret=secret)
    app = web.Application()
    app.router.add_post("/webhook", receiver.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/webhook"
        yield receiver
    finally:
        await runner.cleanup()
