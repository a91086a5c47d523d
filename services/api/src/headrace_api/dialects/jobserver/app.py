"""The jobserver dialect as an application: its routes at their documented paths."""

from __future__ import annotations

from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.dialects.jobserver.auth import AuthRoutes
from headrace_api.dialects.jobserver.file_urls import FileUrls
from headrace_api.dialects.jobserver.files import FileRoutes
from headrace_api.dialects.jobserver.guards import Gate
from headrace_api.dialects.jobserver.jobs import JobRoutes
from headrace_api.dialects.jobserver.runs import GET_JOB, RunRoutes
from headrace_api.dialects.jobserver.settings import JobserverSettings
from headrace_api.dialects.jobserver.stream import StreamRoute
from headrace_api.dialects.jobserver.workers import WorkerRoutes
from headrace_api.http.limits import show_allowance
from headrace_api.http.middleware import Handler


def make_app(core: Core, settings: JobserverSettings) -> web.Application:
    """Everything of this dialect; mount it, or serve it on a port of its own."""
    gate, urls = Gate(core, settings), FileUrls(core)
    auth, workers = AuthRoutes(core, settings), WorkerRoutes(core, settings, gate)
    jobs, runs = JobRoutes(core, settings, urls), RunRoutes(core, settings, urls)
    files, stream = FileRoutes(core, settings), StreamRoute(core, settings)
    app = web.Application(middlewares=[gate.errors])
    app.on_response_prepare.append(show_allowance)
    routes: tuple[tuple[str, str, Handler], ...] = (
        ("POST", "/api/auth/login", gate.anybody(auth.login)),
        ("POST", "/api/auth/logout", gate.anybody(auth.logout)),
        ("POST", "/api/auth/refresh", gate.anybody(auth.refresh)),
        ("POST", "/api/workers/register", gate.anybody(workers.register)),
        ("POST", "/api/workers/heartbeat", gate.heartbeat(workers.heartbeat)),
        ("GET", "/api/workers/list", gate.user(workers.list)),
        ("GET", "/api/workers/{workerId}", gate.user(workers.get)),
        ("DELETE", "/api/workers/{workerId}", gate.admin(workers.delete)),
        ("POST", "/api/jobs/submit", gate.user(jobs.submit)),
        ("GET", "/api/jobs/status", gate.user(jobs.status)),
        ("GET", "/api/jobs/list", gate.user(jobs.list)),
        ("POST", "/api/jobs/cancel", gate.user(jobs.cancel)),
        ("GET", "/api/jobs/stream", gate.user(stream.stream, query_token=True)),
        ("GET", GET_JOB, gate.worker(runs.get_job)),
        ("POST", "/api/jobs/stream-output", gate.worker(runs.stream_output)),
        ("POST", "/api/jobs/submit-result", gate.worker(runs.submit_result)),
        ("POST", "/api/files/upload", gate.user(files.upload)),
        ("GET", "/api/files/download/{fileId}", gate.either(files.download)),
        # The url of an upload, for clients that put it behind the origin and for those that put it behind /api.
        ("GET", "/uploads/{fileId}/{name}", gate.either(files.download)),
        ("GET", "/api/uploads/{fileId}/{name}", gate.either(files.download)),
    )
    # These change something or can't be asked twice: HEAD is none of theirs.
    once = {GET_JOB, "/api/jobs/stream"}
    for method, path, handler in routes:
        if method == "GET":
            app.router.add_get(path, handler, allow_head=path not in once)
        else:
            app.router.add_route(method, path, handler)
    return app
