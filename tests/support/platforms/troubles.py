"""Troubles of a server, put before it: each takes the requests that it is for, so many times."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(kw_only=True)
class Trouble:
    """For requests that ``when`` names, ``times`` times: an answer in place of the server's, or none at all."""

    when: Callable[[web.Request], bool] = lambda _request: True
    times: int = 1
    status: int = 503
    body: str = '{"error": "out of order"}'
    headers: dict[str, str] = field(default_factory=dict)
    #: The connection ends without an answer ...
    cut: bool = False
    #: ... after the server has done what was asked.
    after: bool = False


@dataclass(kw_only=True)
class Troubles:
    """A middleware with a list of troubles, and a log of what was asked."""

    pending: list[Trouble] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def add(self, **trouble: Any) -> None:
        self.pending.append(Trouble(**trouble))

    @property
    def middleware(self) -> Any:
        @web.middleware
        async def handle(request: web.Request, handler: Any) -> web.StreamResponse:
            self.asked.append((request.method, request.path))
            trouble = next((each for each in self.pending if each.times > 0 and each.when(request)), None)
            if trouble is None:
                normal: web.StreamResponse = await handler(request)
                return normal
            trouble.times -= 1
            if trouble.after:
                await handler(request)
            if trouble.cut:
                assert request.transport is not None
                request.transport.abort()
                await asyncio.sleep(0)
                return web.Response(status=500)
            return web.Response(
                status=trouble.status,
                text=trouble.body,
                headers=trouble.headers,
                content_type="application/json",
            )

        return handle
