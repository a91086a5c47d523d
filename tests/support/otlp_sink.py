"""Takes whatever is exported over OTLP, as it comes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class OtlpSink:
    """``bodies``: protobuf messages, uncompressed, in which texts stand as they are."""

    url: str = ""
    bodies: dict[str, list[bytes]] = field(default_factory=dict)

    async def take(self, request: web.Request) -> web.Response:
        self.bodies.setdefault(request.path, []).append(await request.read())
        return web.Response()


@asynccontextmanager
async def otlp_sink() -> AsyncIterator[OtlpSink]:
    """A collector for the time of the block."""
    sink = OtlpSink()
    app = web.Application(client_max_size=1 << 26)
    app.router.add_post("/{path:.*}", sink.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sink.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield sink
    finally:
        await runner.cleanup()
