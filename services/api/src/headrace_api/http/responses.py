"""JSON answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import web

_encoder = msgspec.json.Encoder()


def json_response(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """``body`` may hold ``msgspec.Raw`` for what is JSON already."""
    return web.Response(
        body=_encoder.encode(body), status=status, content_type="application/json", headers=headers
    )


def close_if_unread(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """A request whose body was not read to its end can't be followed by another on the same connection."""
    if request.body_exists and not request.content.is_eof():
        response.force_close()
