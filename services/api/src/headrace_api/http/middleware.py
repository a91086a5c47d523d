"""What holds for every request: an id, a span, a line in the log."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.typedefs import Middleware

from headrace_runtime.tracing import Tracing

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

REQUEST_ID = web.RequestKey("request_id", str)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,100}")


def request_id(request: web.BaseRequest) -> str:
    """The client's ``X-Request-Id`` where it is usable, else one of ours."""
    known: str | None = request.get(REQUEST_ID)
    if known is None:
        given = request.headers.get("X-Request-Id", "")
        known = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(12)
        request[REQUEST_ID] = known
    return known


async def add_request_id(request: web.Request, response: web.StreamResponse) -> None:
    """A signal: every answer carries the id under which it is logged."""
    response.headers.setdefault("X-Request-Id", request_id(request))
    response.headers["Server"] = "headrace"  # not which libraries of which versions run here
    # What clients sent, in whatever form it comes back, is no page of this site to a browser.
    response.headers.setdefault("X-Content-Type-Options", "nosniff")


def route_of(request: web.BaseRequest) -> str:
    """The route's pattern, so that ids don't make a new name for each request."""
    info = getattr(request, "match_info", None)
    resource = info.route.resource if info is not None else None
    return resource.canonical if resource is not None else "unknown"


def tracing_middleware(tracing: Tracing) -> Middleware:
    """A server span around each request, as a child of the client's ``traceparent``."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not tracing.enabled:
            return await handler(request)
        route = route_of(request)
        attributes = {"http.request.method": request.method, "http.route": route, "url.path": request.path}
        parent = tracing.extract(request.headers.get("traceparent"))
        with tracing.span(f"{request.method} {route}", attributes, parent, server=True) as span:
            response = await handler(request)
            span.set("http.response.status_code", response.status)
            if response.status >= 500:
                span.fail(f"HTTP {response.status}")
            return response

    return middleware


class AccessLogger(AbstractAccessLogger):
    """One line a request, without query strings and bodies."""

    @property
    def enabled(self) -> bool:
        return log.isEnabledFor(logging.INFO)

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        log.info(
            "%s %s %d",
            request.method,
            request.path,
            response.status,
            extra={
                "action": "http.request",
                "status": response.status,
                "ms": round(time * 1000, 1),
                "bytes": response.body_length,
                "request_id": request_id(request),
                "remote": request.remote,
            },
        )
