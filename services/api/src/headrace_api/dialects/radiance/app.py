"""The radiance dialect as an application: its routes at their documented paths."""

from __future__ import annotations

from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.dialects.radiance.agent import AgentRoutes
from headrace_api.dialects.radiance.batch import BatchRoute
from headrace_api.dialects.radiance.errors import errors_middleware
from headrace_api.dialects.radiance.guards import agent_route, client_route
from headrace_api.dialects.radiance.jobs import JobRoutes
from headrace_api.dialects.radiance.settings import RadianceSettings
from headrace_api.dialects.radiance.submit import SubmitRoutes
from headrace_api.http.middleware import Handler


def make_app(core: Core, settings: RadianceSettings) -> web.Application:
    """Everything of this dialect; mount it, or serve it on a port of its own."""
    submit, batch = SubmitRoutes(core, settings), BatchRoute(core, settings)
    jobs, agent = JobRoutes(core, settings), AgentRoutes(core, settings)
    app = web.Application(middlewares=[errors_middleware])
    client: tuple[tuple[str, str, Handler], ...] = (
        ("GET", "/airunner/models", submit.models),
        ("POST", "/airunner/submit", submit.submit),
        ("POST", "/airunner/submit/batch", batch.submit),
        ("GET", "/airunner/status/{id}", jobs.status),
        ("DELETE", "/airunner/cancel/{id}", jobs.cancel),
        ("GET", "/airunner/result/json/{id}", jobs.result_json),
        ("GET", "/airunner/result/file/{id}", jobs.result_file),
        ("GET", "/airunner/jobs/debug", jobs.debug),
    )
    agents: tuple[tuple[str, str, Handler], ...] = (
        ("POST", "/airunner/agent/claim", agent.claim),
        ("GET", "/airunner/agent/get/{id}", agent.get_input),
        ("POST", "/airunner/agent/return/{id}", agent.hand_in),
        ("POST", "/airunner/agent/failed/{id}", agent.failed),
        ("POST", "/airunner/agent/heartbeat/{id}", agent.heartbeat),
        ("POST", "/airunner/agent/handback/{id}", agent.hand_back),
    )
    for method, path, handler in client:
        _add(app, method, path, client_route(core, settings, handler))
    for method, path, handler in agents:
        _add(app, method, path, agent_route(core, handler))
    return app


def _add(app: web.Application, method: str, path: str, handler: Handler) -> None:
    if method == "GET":
        app.router.add_get(path, handler)  # answers HEAD, too
    else:
        app.router.add_route(method, path, handler)
