"""The auraflux dialect as an application: its routes at their documented paths."""

from __future__ import annotations

from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.dialects.auraflux.account import AccountRoute
from headrace_api.dialects.auraflux.errors import errors_middleware
from headrace_api.dialects.auraflux.guards import Guard, KeyHandler
from headrace_api.dialects.auraflux.jobs import JobRoutes
from headrace_api.dialects.auraflux.settings import AurafluxSettings
from headrace_api.dialects.auraflux.submit import SubmitRoute
from headrace_api.dialects.auraflux.templates import TemplateRoutes
from headrace_api.dialects.auraflux.uploads import UploadRoute
from headrace_api.http.limits import show_allowance
from headrace_contracts.scopes import FILES, JOBS_READ, JOBS_WRITE


def make_app(core: Core, settings: AurafluxSettings) -> web.Application:
    """Everything of this dialect; mount it, or serve it on a port of its own."""
    guard = Guard(core, settings.per_minute)
    jobs, templates = JobRoutes(core, settings), TemplateRoutes(core, settings)
    routes: tuple[tuple[str, str, KeyHandler, str | None], ...] = (
        ("POST", "/v1/jobs", SubmitRoute(core, settings).submit, JOBS_WRITE),
        ("GET", "/v1/jobs", jobs.listed, JOBS_READ),
        ("GET", "/v1/jobs/{id}", jobs.get, JOBS_READ),
        ("GET", "/v1/jobs/{id}/result", jobs.result, JOBS_READ),
        ("DELETE", "/v1/jobs/{id}", jobs.cancel, JOBS_WRITE),
        ("POST", "/v1/jobs/{id}/approve-publish", jobs.approve, JOBS_WRITE),
        ("PATCH", "/v1/jobs/{id}/schedule", jobs.schedule, JOBS_WRITE),
        ("POST", "/v1/upload", UploadRoute(core, settings).upload, FILES),
        ("GET", "/v1/templates", templates.listed, JOBS_READ),
        ("POST", "/v1/templates", templates.create, JOBS_WRITE),
        ("DELETE", "/v1/templates/{id}", templates.delete, JOBS_WRITE),
        ("GET", "/v1/account", AccountRoute(core).get, None),
    )
    app = web.Application(middlewares=[errors_middleware])
    app.on_response_prepare.append(show_allowance)
    for method, path, handler, scope in routes:
        guarded = guard.route(handler, scope)
        if method == "GET":
            app.router.add_get(path, guarded)  # answers HEAD, too
        else:
            app.router.add_route(method, path, guarded)
    return app
