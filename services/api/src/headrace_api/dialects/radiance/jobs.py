"""What clients do with a job that they submitted."""

from __future__ import annotations

from datetime import UTC, datetime

from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.core.errors import JobNotFoundError, WrongStateError
from headrace_api.core.submit import PUBLIC_ACCOUNT
from headrace_api.dialects.radiance.decode import job_id
from headrace_api.dialects.radiance.encode import success
from headrace_api.dialects.radiance.errors import RadianceError
from headrace_api.dialects.radiance.settings import RadianceSettings
from headrace_api.http.files import StoredFile, send_file
from headrace_api.http.responses import json_response
from headrace_contracts.jobs.timing import iso_ms
from headrace_contracts.wire.radiance import job_object, result_object, summary_object

_RECENT_JOBS = 100


class JobRoutes:
    """Status, cancel and results."""

    def __init__(self, core: Core, settings: RadianceSettings) -> None:
        self._core = core
        self._settings = settings

    async def status(self, request: web.Request) -> web.StreamResponse:
        """``GET /airunner/status/:id``."""
        try:
            view = await self._core.jobs.view(job_id(request), PUBLIC_ACCOUNT)
        except JobNotFoundError:
            raise RadianceError(404, "NOT_FOUND", "Job not found (yet)") from None
        shown = job_object(view, now=datetime.now(UTC))
        waiting = await self._core.why.of(view)
        if waiting is not None:  # ours: the text has no field for it
            shown["waiting_reason"] = {"code": waiting.code, "message": waiting.message}
        return success(shown)

    async def cancel(self, request: web.Request) -> web.StreamResponse:
        """``DELETE /airunner/cancel/:id``."""
        try:
            cancelled = await self._core.jobs.cancel(job_id(request), PUBLIC_ACCOUNT)
        except WrongStateError:
            raise RadianceError(409, "ALREADY_FINISHED", "Cannot cancel completed or failed job") from None
        return success({"id": str(cancelled.id), "status": "cancelled", "cancelled_at": iso_ms(cancelled.at)})

    async def result_json(self, request: web.Request) -> web.StreamResponse:
        """``GET /airunner/result/json/:id``: bare, without the envelope, as documented."""
        result = await self._core.results.read(job_id(request), PUBLIC_ACCOUNT)
        return json_response(result_object(result.document, result=result.data))

    async def result_file(self, request: web.Request) -> web.StreamResponse:
        """``GET /airunner/result/file/:id``, also a range of it."""
        file = await self._core.results.file_of(job_id(request), PUBLIC_ACCOUNT)
        stored = StoredFile(key=file.key, name=file.name, mime=file.mime, size=file.size)
        return await send_file(
            request, stored, self._core.results.open, write_timeout_s=self._settings.write_timeout_s
        )

    async def debug(self, _request: web.Request) -> web.StreamResponse:
        """``GET /airunner/jobs/debug``."""
        now = datetime.now(UTC)
        views = await self._core.jobs.recent(PUBLIC_ACCOUNT, _RECENT_JOBS)
        return success({"jobs": [summary_object(view, now=now) for view in views]})
