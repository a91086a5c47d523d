"""One application out of all dialects: the native one at the root, the others mounted in it."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from headrace_api.http.middleware import tracing_middleware
from headrace_runtime.tracing import Tracing

#: The names under which dialects are mounted in an application.
MOUNTS = web.AppKey("mounts", tuple[str, ...])


def make_root(
    root: web.Application, mounts: Mapping[str, web.Application], tracing: Tracing
) -> web.Application:
    """Mount each dialect under ``/<name>`` of ``root``; each renders the errors below its mount itself."""
    root.middlewares.insert(0, tracing_middleware(tracing))
    root[MOUNTS] = tuple(mounts)
    for name, dialect in mounts.items():
        root.add_subapp(f"/{name}", dialect)
    return root
