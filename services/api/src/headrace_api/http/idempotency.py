"""The ``Idempotency-Key`` header (draft-ietf-httpapi-idempotency-key-header)."""

from __future__ import annotations

import re

from aiohttp import web

from headrace_api.core.errors import BadRequestError

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def idempotency_key(request: web.Request) -> str | None:
    """The request's key, None without one. Raises BadRequestError for one that can't be used."""
    given = request.headers.get("Idempotency-Key")
    if given is None:
        return None
    # The draft writes it as a quoted string; most clients send it bare.
    key = given.strip().removeprefix('"').removesuffix('"')
    if not _KEY.fullmatch(key):
        raise BadRequestError("Header Idempotency-Key must have 1 to 255 visible ASCII characters")
    return key
