"""Addresses hold text that the record can hold."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from headrace_api.core.errors import BadRequestError
from headrace_api.http.middleware import Handler

#: Postgres stores no NUL, and no name, id or filter of ours has one.
_NUL: Final = "\x00"


@web.middleware
async def plain_text_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A NUL in the path or the query is refused before anybody looks for what it names. Raises BadRequestError."""
    innermost = request.match_info.apps[-1] is request.app  # which answers in its own envelope
    if innermost and "%00" in request.raw_path and _NUL in request.path + request.query_string:
        raise BadRequestError("The address contains the character NUL (%00), which no name or id here has")
    return await handler(request)
