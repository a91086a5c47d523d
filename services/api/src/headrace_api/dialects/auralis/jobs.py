"""Jobs as their owner sees them, and as providers see those that wait."""

from __future__ import annotations

from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.core.errors import NoFileError, NotReadyError
from headrace_api.core.identity.principal import Principal
from headrace_api.dialects.auralis import decode
from headrace_api.dialects.auralis.encode import details, entry, offer
from headrace_api.dialects.auralis.guards import Callers, given_user_id
from headrace_api.dialects.auralis.settings import AuralisSettings
from headrace_api.dialects.auralis.words import STATUS
from headrace_api.http.responses import json_response
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobView
from headrace_store.jobs.find import JobQuery


class JobRoutes:
    """A job is seen with the ``user_id`` that owns it, or by the worker that holds it or was the last to."""

    def __init__(self, core: Core, settings: AuralisSettings) -> None:
        self._core = core
        self._settings = settings
        self._callers = Callers(core)

    async def listed(self, request: web.Request) -> web.StreamResponse:
        """``GET /api/jobs``: the youngest first."""
        user = await self._callers.user(request)
        limit, offset = decode.page(request)
        found = await self._core.jobs.find(
            JobQuery(account_id=user.account_id, limit=limit, offset=offset, count=False)
        )
        return json_response([entry(job) for job in found.jobs])

    async def one(self, request: web.Request) -> web.StreamResponse:
        """``GET /api/jobs/{job_id}``."""
        job, owner = await self._job(request)
        user_id = given_user_id(request) if owner else None
        waiting = await self._core.why.of(job) if owner else None
        return json_response(details(job, self._settings.bucket, user_id=user_id, waiting=waiting))

    async def pending(self, request: web.Request) -> web.StreamResponse:
        """``GET /api/jobs/pending``: what machines of the caller might run."""
        caller = await self._callers.either(request)
        platform = decode.platform(request.query.get("platform"), None)
        jobs = await self._core.market.pending(caller.account_id, platform)
        return json_response([offer(job) for job in jobs])

    async def download_url(self, request: web.Request) -> web.StreamResponse:
        """``GET /api/jobs/{job_id}/download-url``: good for a while, for whoever has it."""
        job, _ = await self._job(request)
        if job.state is not JobState.COMPLETED:
            raise NotReadyError(f"The job is {STATUS[job.state]}; its output is there once it is COMPLETED")
        if job.file is None:
            raise NoFileError("The job completed without an output")
        url = await self._core.results.presigned(job.file, expires_s=self._settings.download_url_s)
        return json_response({"download_url": url})

    async def _job(self, request: web.Request) -> tuple[JobView, bool]:
        """The job, and whether its owner asks."""
        caller = await self._callers.either(request)
        if isinstance(caller, Principal):
            return await self._core.jobs.view(decode.job_id(request), caller.account_id), True
        return await self._core.market.held(decode.job_id(request), caller), False
