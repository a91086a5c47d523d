"""Connections: so many at once. Who comes then gets the place of one that does nothing, or is sent away."""

from __future__ import annotations

import asyncio
import heapq
import logging
import resource
from typing import Final, cast

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

log = logging.getLogger(__name__)

#: For connections to other servers, files and what the interpreter needs.
_OTHER_FILES: Final = 256
#: Connections that are being sent away at once; whoever comes beyond them is cut off without a word.
_MOST_SENT_AWAY: Final = 128
_SEND_AWAY_S: Final = 1.0
_REFUSAL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nServer: headrace\r\nRetry-After: 2\r\nContent-Length: 0\r\n"
    b"Connection: close\r\n\r\n"
)
#: From the making of a protocol to its connection, at the longest.
_COMING_S: Final = 0.2
_TELL_EVERY_S: Final = 10.0


def room_for(connections: int, *, ports: int = 1) -> int:
    """How many of ``connections`` each of ``ports`` may have open.

    Raises the process's own limit of open files as far as that may be done.
    """
    wanted = connections * ports + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return connections
    found = max(16, (soft - _OTHER_FILES) // ports)
    log.warning(
        "%d files may be open, so a port has %d connections at most and not %d", soft, found, connections,
        extra={"action": "http.files"},
    )  # fmt: skip
    return found


class Door:
    """Makes the protocol of each new connection: ``loop.create_server(door, ...)``.

    A connection is idle while it waits for the head of a request. The one that has been idle for longest goes first.
    """

    def __init__(self, runner: web.AppRunner, most: int) -> None:
        self._runner = runner
        self._most = most
        #: When each was made, or ended its last request.
        self._touched: dict[RequestHandler, float] = {}
        self._busy: set[RequestHandler] = set()
        self._sent_away: set[_SentAway] = set()
        self._told_at = float("-inf")

    def __call__(self) -> asyncio.Protocol:
        server = self._runner.server
        assert server is not None  # noqa: S101 -- the runner was set up before anybody listened
        now = asyncio.get_running_loop().time()
        if len(self._touched) >= self._most:
            self._forget_closed(server, now)
            if len(self._touched) >= self._most and not self._make_room(now):
                return _SentAway(self._sent_away)
        handler = server()
        self._touched[handler] = now
        return handler

    def begin(self, handler: RequestHandler) -> None:
        """A request has come in."""
        self._busy.add(handler)

    def end(self, handler: RequestHandler) -> None:
        """It was answered."""
        self._busy.discard(handler)
        if handler in self._touched:
            self._touched[handler] = asyncio.get_running_loop().time()

    def _forget_closed(self, server: web.Server, now: float) -> None:
        """The server does not know yet what the loop connects in its next round."""
        known = set(server.connections)
        self._touched = {
            handler: at for handler, at in self._touched.items() if handler in known or now - at < _COMING_S
        }

    def _make_room(self, now: float) -> bool:
        """Close some that are idle; False when there are none."""
        idle = [handler for handler in self._touched if handler not in self._busy]
        some = heapq.nsmallest(max(1, self._most // 64), idle, key=self._touched.__getitem__)
        for handler in some:
            del self._touched[handler]
            handler.force_close()
        if now - self._told_at >= _TELL_EVERY_S:
            self._told_at = now
            log.warning(
                "%d connections are open: %s", self._most,
                "those that are idle give way" if some else "new ones are sent away",
                extra={"action": "http.full"},
            )  # fmt: skip
        return bool(some)


class _SentAway(asyncio.Protocol):
    """Answers 503 to whatever is asked, and closes."""

    def __init__(self, all_of_them: set[_SentAway]) -> None:
        self._all = all_of_them
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but its bases
        if len(self._all) >= _MOST_SENT_AWAY:
            transport.abort()
            return
        self._all.add(self)
        self._transport = transport
        # Closed with the request unread, the connection would be reset and the answer might be lost.
        self._timer = asyncio.get_running_loop().call_later(_SEND_AWAY_S, self._answer)

    def data_received(self, data: bytes) -> None:  # noqa: ARG002 - whatever it asks
        self._answer()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why does not matter
        self._all.discard(self)
        if self._timer is not None:
            self._timer.cancel()

    def _answer(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(_REFUSAL)
            self._transport.close()
