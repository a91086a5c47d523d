"""The header ``Idempotency-Key`` (draft-ietf-httpapi-idempotency-key-header)."""

from __future__ import annotations

import re

from aiohttp import web

from headrace_api.core.errors import BadRequestError

HEADER = "Idempotency-Key"
_VISIBLE = re.compile(r"[\x21-\x7e]{1,255}")


def idempotency_key(request: web.BaseRequest) -> str | None:
    """The client's key for this submit, None without one. Raises BadRequestError for one that can't be used."""
    values = request.headers.getall(HEADER, [])
    if not values:
        return None
    if len(values) > 1:
        raise BadRequestError(f"{HEADER} must be sent once, not {len(values)} times")
    if not _VISIBLE.fullmatch(values[0]):
        raise BadRequestError(f"{HEADER} must be 1 to 255 visible ASCII characters, such as a UUID")
    return values[0]
