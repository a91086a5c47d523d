"""The document as a whole (OpenAPI 3.1.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headrace_api.dialects.native.openapi.components import components
from headrace_api.dialects.native.openapi.operation import links_of, operation
from headrace_api.dialects.native.route import Route

_ABOUT = """\
Jobs in, results out. Send a key as `Authorization: Bearer hr_live_...`.

**Errors** have one form: `{"error": {"code", "message", "details"}}`. A body that is no JSON is 400; one that does not
validate is 422, with one entry of `details` a problem.

**Limits**: 60 requests a minute and 1000 an hour a key, unless the key has its own; each answer shows them in
`X-RateLimit-*` and `X-RateLimit-*-Hour`. Beyond them it is 429 with `Retry-After`.

**Repeats**: a submit with an `Idempotency-Key` may be sent again for 24 hours: the same key and body give the same
jobs and the same answer; another body with it is 409.

**Pages**: a list has `has_more` and `next_cursor`; give that as `cursor` for the next page.

**Ids** are shown as `job_...`, `file_...` and so on; a plain UUID is taken, too. Times are UTC.
"""


def make_document(routes: Sequence[Route], *, version: str) -> dict[str, Any]:
    """The OpenAPI document of these routes, as plain data."""
    parts = components(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        shown = paths.setdefault(route.path, {})[route.method.lower()] = operation(route, parts)
        if links := links_of(route, routes):
            shown["responses"][str(route.status)]["links"] = links
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Headrace",
            "version": version,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(route.tag for route in routes)],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "A key `hr_live_...`"}
            },
            "headers": parts.headers,
            "schemas": dict(sorted(parts.schemas.items())),
        },
    }
