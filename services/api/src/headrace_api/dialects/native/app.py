"""The native API as an application: at the root, with the other dialects mounted in it."""

from __future__ import annotations

import re
from collections.abc import Collection
from importlib.metadata import version

import msgspec
from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.dialects.native import limits
from headrace_api.dialects.native.docs.page import Page
from headrace_api.dialects.native.errors import errors_middleware
from headrace_api.dialects.native.openapi.document import make_document
from headrace_api.dialects.native.route import Route
from headrace_api.dialects.native.serve import endpoint
from headrace_api.dialects.native.settings import NativeSettings
from headrace_api.dialects.native.table import all_routes
from headrace_api.http.responses import json_response
from headrace_api.http.root import MOUNTS

_NAME = "headrace-api"


def make_app(core: Core, settings: NativeSettings) -> web.Application:
    """Everything of this dialect; ``/`` tells of those that are mounted in it, too."""
    routes = all_routes(core, settings)
    app = web.Application(middlewares=[errors_middleware])
    app.on_response_prepare.append(limits.show)
    _add_open(app, routes)
    paths = {route.path for route in routes}
    for route in routes:
        handler = endpoint(route, core, settings)
        path = pattern(route.path, paths)
        if route.method == "GET":
            app.router.add_get(path, handler)  # answers HEAD, too
        else:
            app.router.add_route(route.method, path, handler)
    return app


def pattern(path: str, paths: Collection[str]) -> str:
    """``path`` for the router: its last part does not stand for what has a path of its own beside it."""
    head, _, last = path.rpartition("/")
    fixed = sorted(
        other.rpartition("/")[2] for other in paths if other.rpartition("/")[0] == head and "{" not in other
    )
    if not (last.startswith("{") and fixed):
        return path
    return f"{head}/{{{last[1:-1]}:(?!(?:{'|'.join(map(re.escape, fixed))})$)[^{{}}/]+}}"


def _add_open(app: web.Application, routes: list[Route]) -> None:
    """What needs no key: the hint, the document, and the page made from it."""
    document = make_document(routes, version=version(_NAME))
    page, text = Page(document), msgspec.json.encode(document)

    async def hint(request: web.Request) -> web.Response:
        return json_response(
            {
                "name": "headrace",
                "version": version(_NAME),
                "api": "/v1",
                "docs": "/docs",
                "openapi": "/v1/openapi.json",
                "dialects": {name: f"/{name}" for name in request.app.get(MOUNTS, ())},
            }
        )

    async def openapi(_request: web.Request) -> web.Response:
        return web.Response(body=text, content_type="application/json")

    async def docs(_request: web.Request) -> web.Response:
        return web.Response(body=page.html, content_type="text/html", charset="utf-8", headers=page.headers)

    app.router.add_get("/", hint)
    app.router.add_get("/v1/openapi.json", openapi)
    app.router.add_get("/docs", docs)
