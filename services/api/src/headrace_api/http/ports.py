"""Dialects on ports of their own: each alone, at its documented root."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from aiohttp import web

from headrace_api.http.middleware import tracing_middleware
from headrace_api.http.server import ApiServer, ServerSettings
from headrace_runtime.tracing import Tracing

_EXAMPLE = "jobserver=3000,radiance=8081"


def parse_ports(text: str, names: Collection[str]) -> dict[str, int]:
    """``dialect=port`` divided by commas; port 0 takes a free one. Raises ValueError with the reason."""
    ports: dict[str, int] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, equals, number = (part.strip() for part in item.partition("="))
        if not equals:
            raise ValueError(f"must be dialect=port divided by commas, as in {_EXAMPLE}")
        if name not in names:
            raise ValueError(f"there is no dialect {name[:40]!r}; there are {', '.join(names)}")
        if name in ports:
            raise ValueError(f"{name} stands twice; a dialect has one port")
        if not (number.isascii() and number.isdigit() and int(number[:6]) <= 65535):
            raise ValueError(f"the port of {name} must be a number from 0 to 65535")
        if int(number) and int(number) in ports.values():
            raise ValueError(f"port {int(number)} stands twice; each dialect needs its own")
        ports[name] = int(number)
    return ports


def alone(app: web.Application, tracing: Tracing) -> web.Application:
    """A dialect as the whole application: what is unknown gets the dialect's own errors."""
    app.middlewares.insert(0, tracing_middleware(tracing))
    return app


class Servers:
    """The API's server and those of dialects on ports of their own: they start and end together."""

    def __init__(
        self,
        root: web.Application,
        dialects: Mapping[str, tuple[web.Application, int]],
        settings: ServerSettings,
    ) -> None:
        """``dialects``: each with its application and its port."""
        self._root = ApiServer(root, settings)
        self._dialects = {
            name: ApiServer(app, replace(settings, port=port)) for name, (app, port) in dialects.items()
        }

    @property
    def port(self) -> int:
        return self._root.port

    @property
    def dialect_ports(self) -> dict[str, int]:
        """Where each dialect listens alone."""
        return {name: server.port for name, server in self._dialects.items()}

    async def start(self) -> None:
        """Listen everywhere. Raises OSError when a port is taken."""
        for server in self._all:
            await server.start()

    async def stop(self) -> None:
        """Drain all at the same time."""
        await asyncio.gather(*(server.stop() for server in self._all))

    async def check(self) -> str | None:
        """A health check."""
        return await self._root.check()

    @property
    def _all(self) -> Sequence[ApiServer]:
        return [self._root, *self._dialects.values()]
