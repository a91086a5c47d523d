"""The application that the dialects are mounted in."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version

from aiohttp import web
from aiohttp.typedefs import Middleware

from headrace_api.http.middleware import Handler, tracing_middleware
from headrace_api.http.responses import close_if_unread, json_response
from headrace_runtime.tracing import Tracing


@web.middleware
async def _native_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors outside of every dialect."""
    try:
        return await handler(request)
    except web.HTTPMethodNotAllowed as error:
        allow = ", ".join(sorted(error.allowed_methods))
        return _error(request, 405, "method_not_allowed", f"Allowed: {allow}", {"Allow": allow})
    except web.HTTPNotFound:
        return _error(request, 404, "not_found", "There is nothing at this path; see / for what is")


def _error(
    request: web.Request, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> web.Response:
    response = json_response(
        {"error": {"code": code, "message": message, "details": {}}}, status=status, headers=headers
    )
    close_if_unread(request, response)
    return response


def make_root(dialects: Mapping[str, web.Application], tracing: Tracing) -> web.Application:
    """Mount each dialect under ``/<name>``; ``/`` says what there is."""
    middlewares: list[Middleware] = [tracing_middleware(tracing), _native_errors]
    app = web.Application(middlewares=middlewares)

    async def hint(_request: web.Request) -> web.Response:
        return json_response(
            {
                "name": "headrace",
                "version": version("headrace-api"),
                "dialects": {name: f"/{name}" for name in dialects},
            }
        )

    app.router.add_get("/", hint)
    for name, dialect in dialects.items():
        app.add_subapp(f"/{name}", dialect)
    return app
