"""The auralis dialect as an application: its routes at their documented paths."""

from __future__ import annotations

from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.dialects.auralis.errors import errors_middleware
from headrace_api.dialects.auralis.jobs import JobRoutes
from headrace_api.dialects.auralis.settings import AuralisSettings
from headrace_api.dialects.auralis.upload import UploadRoute
from headrace_api.dialects.auralis.workers import WorkerRoutes
from headrace_api.http.limits import show_allowance


def make_app(core: Core, settings: AuralisSettings) -> web.Application:
    """Everything of this dialect; mount it, or serve it on a port of its own."""
    upload, jobs, workers = (
        UploadRoute(core, settings),
        JobRoutes(core, settings),
        WorkerRoutes(core, settings),
    )
    app = web.Application(middlewares=[errors_middleware])
    app.on_response_prepare.append(show_allowance)
    app.router.add_post("/api/upload", upload.upload)
    app.router.add_get("/api/jobs", jobs.listed)
    app.router.add_get("/api/jobs/pending", jobs.pending)  # before the next, which it would match
    app.router.add_get("/api/jobs/{id}", jobs.one)
    app.router.add_get("/api/jobs/{id}/download-url", jobs.download_url)
    app.router.add_post("/api/worker/register", workers.register)
    app.router.add_get("/api/worker/jobs/available", workers.available)
    app.router.add_post("/api/worker/job/{id}/claim", workers.claim)
    app.router.add_post("/api/worker/job/{id}/status", workers.status)
    app.router.add_post("/api/worker/job/{id}/output", workers.output)
    app.router.add_get("/api/worker/job/{id}/input", workers.get_input)
    return app
