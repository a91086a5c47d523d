"""The HTTP server around an application."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Middleware

from headrace_api.http.door import Door
from headrace_api.http.middleware import AccessLogger, Handler, add_request_id
from headrace_api.http.protocol_log import protocol_log

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerSettings:
    host: str
    #: 0 takes a free one.
    port: int
    #: How long a connection may be open without a whole request head, in seconds.
    head_timeout_s: float = 75.0
    #: Connections at once; beyond it those that are idle give way.
    max_connections: int = 4096
    #: How long a refused request may go on sending before the connection is closed, in seconds.
    linger_s: float = 0.3
    #: How long requests under way may take once the process shall end, in seconds.
    drain_s: float = 20.0
    #: Time between «not ready» and the end of listening, for load balancers to notice, in seconds.
    drain_delay_s: float = 0.0


#: For what aiohttp itself still has to write once all handlers are done, in seconds.
_LAST_WORDS_S = 2.0
_POLL_S = 0.02
#: As nginx logs it.
_CLIENT_GONE = 499


class ApiServer:
    """Serves an application until it is drained."""

    def __init__(self, app: web.Application, settings: ServerSettings) -> None:
        self._settings = settings
        app.middlewares.insert(0, self._counted())
        app.on_response_prepare.append(add_request_id)
        self._under_way = 0
        self._runner = web.AppRunner(
            app,
            logger=protocol_log(),
            access_log_class=AccessLogger,
            access_log=log,
            keepalive_timeout=settings.head_timeout_s,
            lingering_time=settings.linger_s,
            shutdown_timeout=_LAST_WORDS_S,
            max_line_size=8190,
            max_field_size=8190,
            max_headers=64,
        )
        self._door = Door(self._runner, settings.max_connections)
        self._listener: asyncio.Server | None = None
        self.draining = False
        self.port = 0

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        await self._runner.setup()
        # Two processes never share the port by accident: one of them would get requests meant for the other.
        self._listener = await asyncio.get_running_loop().create_server(
            self._door, self._settings.host, self._settings.port, backlog=1024
        )
        self.port = int(self._listener.sockets[0].getsockname()[1])
        log.info("listening on http://%s:%d", self._settings.host, self.port, extra={"action": "http.listen"})

    async def stop(self) -> None:
        """Say «not ready», stop listening, finish the requests under way.

        aiohttp's own shutdown stops reading at once, so that an upload in the middle could only fail: we wait first.
        """
        self.draining = True
        if self._settings.drain_delay_s > 0:
            await asyncio.sleep(self._settings.drain_delay_s)
        if self._listener is not None:
            self._listener.close()
        end = asyncio.get_running_loop().time() + self._settings.drain_s
        while self._under_way and asyncio.get_running_loop().time() < end:  # noqa: ASYNC110 - happens once
            await asyncio.sleep(_POLL_S)
        if self._under_way:
            log.warning("%d requests were cut off", self._under_way, extra={"action": "http.cut_off"})
        await self._runner.cleanup()

    async def check(self) -> str | None:
        """A health check."""
        return "draining" if self.draining else None

    def _counted(self) -> Middleware:
        @web.middleware
        async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
            self._under_way += 1
            self._door.begin(request.protocol)
            try:
                response = await handler(request)
            except ConnectionError:
                if not _gone(request):
                    raise
                # Nobody reads it; but it stands in the log as what it is, and not as a failure of ours.
                return web.Response(status=_CLIENT_GONE, reason="Client Closed Request")
            else:
                if self.draining and not response.prepared:
                    response.force_close()  # this connection is not kept for another request
                return response
            finally:
                self._under_way -= 1
                self._door.end(request.protocol)

        return middleware


def _gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()
