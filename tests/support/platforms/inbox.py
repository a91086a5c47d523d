"""A server that takes files by PUT and POST, checks their signatures, and keeps what came."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.typedefs import Middleware


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One file."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = field(repr=False)


@dataclass(kw_only=True)
class Inbox:
    """Listens at ``url`` while its context is open. Answers 401 to a wrong signature or Authorization."""

    secret: str
    authorization: str
    url: str = ""
    arrivals: list[Arrival] = field(default_factory=list)
    #: What was sent under an Idempotency-Key: a second time it is dropped.
    seen: dict[str, bytes] = field(default_factory=dict)

    async def take(self, request: web.Request) -> web.Response:
        if request.content_length is None:
            return web.Response(status=411, text="a Content-Length is needed")
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        if headers.get("authorization") != self.authorization or not self._genuine(headers, body):
            return web.json_response({"error": f"not for {headers.get('authorization')}"}, status=401)
        self.seen[headers["idempotency-key"]] = body
        self.arrivals.append(Arrival(method=request.method, path=request.path, headers=headers, body=body))
        return web.Response(status=201, headers={"Location": f"{request.path}?v=1"})

    def _genuine(self, headers: dict[str, str], body: bytes) -> bool:
        """By the specifications, not by the code that signs."""
        if "webhook-signature" in headers:
            key = base64.b64decode(self.secret.removeprefix("whsec_"))
            signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
            wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
            fresh = abs(time.time() - int(headers["webhook-timestamp"])) < 300
            return fresh and hmac.compare_digest(headers["webhook-signature"], wanted)
        digest = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(headers.get("x-headrace-signature", ""), f"sha256={digest}")


@asynccontextmanager
async def inbox(
    secret: str, authorization: str, *, middlewares: Sequence[Middleware] = ()
) -> AsyncIterator[Inbox]:
    """A server on a free port of loopback. ``middlewares`` see a request first."""
    server = Inbox(secret=secret, authorization=authorization)
    app = web.Application(client_max_size=64 * 1024 * 1024, middlewares=list(middlewares))
    app.router.add_route("*", "/{path:.*}", server.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield server
    finally:
        await runner.cleanup()
