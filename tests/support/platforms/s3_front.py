"""A door before a real S3 server, so that troubles can stand in it. It passes requests on byte by byte."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Middleware

_OWN = {"transfer-encoding", "content-length", "connection", "keep-alive", "date", "server"}


@asynccontextmanager
async def s3_front(store_url: str, *, middlewares: Sequence[Middleware] = ()) -> AsyncIterator[str]:
    """The door's own URL. The host that was signed for is passed on, so signatures stay right."""
    async with aiohttp.ClientSession(auto_decompress=False) as session:

        async def forward(request: web.Request) -> web.Response:
            headers = {
                name: value for name, value in request.headers.items() if name.lower() != "content-length"
            }
            body = await request.read()
            data = io.BytesIO(body) if body else None
            async with session.request(
                request.method, f"{store_url}{request.raw_path}", headers=headers, data=data, allow_redirects=False,
                skip_auto_headers=("Content-Type",),
            ) as answer:  # fmt: skip
                kept = {name: value for name, value in answer.headers.items() if name.lower() not in _OWN}
                if request.method == "HEAD":
                    kept["Content-Length"] = answer.headers.get("Content-Length", "0")
                return web.Response(status=answer.status, headers=kept, body=await answer.read())

        app = web.Application(client_max_size=64 * 1024 * 1024, middlewares=list(middlewares))
        app.router.add_route("*", "/{path:.*}", forward)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()
