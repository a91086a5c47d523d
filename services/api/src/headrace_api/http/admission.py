"""Who is let in: so many requests at once, so many streams, so many bytes of bodies; beyond it 503 (DESIGN promise 7).

What is refused is refused before it is looked at: no credentials are checked, no body is read, no query is made.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from headrace_api.core.errors import OverloadedError
from headrace_api.http.middleware import Handler

log = logging.getLogger(__name__)

_MIB: Final = 1024 * 1024
#: Those with a body may take so many of the places, so that status is answered while submits come in floods.
_WITH_BODY: Final = 0.75
#: Clients are told to come back after 1, 2 or 3 s in turn, so that they don't come back all together.
_SPREAD: Final = 3
_TELL_EVERY_S: Final = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class AdmissionSettings:
    #: Requests under way at once.
    max_requests: int = 2048
    #: Downloads, streams of events and sockets at once; they don't count as requests.
    max_streams: int = 1024
    #: Bytes of request bodies in memory at once.
    max_body_bytes: int = 256 * _MIB
    #: Bytes of request bodies in temporary files at once.
    max_spooled_bytes: int = 2048 * _MIB


class Ticket:
    """What one request may take; all of it is given back when the request ends."""

    __slots__ = ("_admission", "body_bytes", "counted", "spooled_bytes", "streams", "with_body")

    def __init__(self, admission: Admission, *, with_body: bool) -> None:
        self._admission = admission
        self.with_body = with_body
        self.counted = True
        self.streams = False
        self.body_bytes = 0
        self.spooled_bytes = 0

    def hold(self, count: int) -> None:
        """Keep ``count`` more bytes of the body in memory. Raises OverloadedError."""
        self._admission.hold(self, count)

    def spool(self, count: int) -> None:
        """Keep ``count`` more bytes of the body in a file. Raises OverloadedError."""
        self._admission.spool(self, count)

    def stream(self) -> None:
        """From now on this is a stream: it lasts, and takes nobody's place meanwhile. Raises OverloadedError."""
        self._admission.stream(self)


TICKET: Final = web.RequestKey("ticket", Ticket)


def becomes_stream(request: web.BaseRequest) -> None:
    """Said by a route whose answer may last as long as the client likes. Raises OverloadedError."""
    ticket = request.get(TICKET)
    if ticket is not None:
        ticket.stream()


class Admission:
    """Counts for one process; every application of it is guarded by the same one."""

    def __init__(self, settings: AdmissionSettings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._most_with_body = max(1, int(settings.max_requests * _WITH_BODY))
        self._clock = clock
        self.requests = 0
        self.with_body = 0
        self.streams = 0
        self.body_bytes = 0
        self.spooled_bytes = 0
        #: Requests that were refused since the start.
        self.shed = 0
        self._told_at = float("-inf")

    def guard(self, app: web.Application) -> web.Application:
        """Let only admitted requests into ``app``; its own middlewares render the refusals."""

        @web.middleware
        async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.match_info.apps[-1] is not app:
                return await handler(request)  # an application that is mounted in this one, and guards itself
            ticket = self.enter(with_body=request.body_exists)
            request[TICKET] = ticket
            try:
                return await handler(request)
            finally:
                self.leave(ticket)

        app.middlewares.append(middleware)
        return app

    def enter(self, *, with_body: bool) -> Ticket:
        """Raises OverloadedError when all places are taken."""
        full = self.requests >= self._settings.max_requests
        if full or (with_body and self.with_body >= self._most_with_body):
            raise self._refusal("requests")
        self.requests += 1
        self.with_body += with_body
        return Ticket(self, with_body=with_body)

    def leave(self, ticket: Ticket) -> None:
        """Give back what the ticket has taken."""
        self._uncount(ticket)
        self.streams -= ticket.streams
        self.body_bytes -= ticket.body_bytes
        self.spooled_bytes -= ticket.spooled_bytes
        ticket.streams, ticket.body_bytes, ticket.spooled_bytes = False, 0, 0

    def hold(self, ticket: Ticket, count: int) -> None:
        if self.body_bytes + count > self._settings.max_body_bytes:
            raise self._refusal("bytes of bodies in memory")
        self.body_bytes += count
        ticket.body_bytes += count

    def spool(self, ticket: Ticket, count: int) -> None:
        if self.spooled_bytes + count > self._settings.max_spooled_bytes:
            raise self._refusal("bytes of bodies in files")
        self.spooled_bytes += count
        ticket.spooled_bytes += count

    def stream(self, ticket: Ticket) -> None:
        if ticket.streams:
            return
        if self.streams >= self._settings.max_streams:
            raise self._refusal("streams")
        self.streams += 1
        ticket.streams = True
        self._uncount(ticket)

    def _uncount(self, ticket: Ticket) -> None:
        if ticket.counted:
            ticket.counted = False
            self.requests -= 1
            self.with_body -= ticket.with_body

    def _refusal(self, what: str) -> OverloadedError:
        self.shed += 1
        now = self._clock()
        if now - self._told_at >= _TELL_EVERY_S:
            self._told_at = now
            log.warning(
                "too many %s: clients get 503, %d so far", what, self.shed, extra={"action": "http.shed"}
            )
        return OverloadedError(retry_after_s=1 + self.shed % _SPREAD)
