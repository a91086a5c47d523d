"""What the owner of a job sees of it and decides about it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.core.errors import ConflictError, JobNotFoundError, WrongStateError
from headrace_api.core.identity.principal import Principal
from headrace_api.dialects.auraflux.decode import json_body, list_query, path_id
from headrace_api.dialects.auraflux.encode import Links, job_object, refunded, result_object, summary
from headrace_api.dialects.auraflux.schemas import ScheduleRequest
from headrace_api.dialects.auraflux.settings import AurafluxSettings
from headrace_api.dialects.auraflux.status import DONE, FILTERS, Filter, Status, status_of
from headrace_api.http.responses import json_response
from headrace_contracts.catalogue.video_production import MODEL, THUMBNAIL_FILE
from headrace_contracts.jobs.view import JobView
from headrace_contracts.messages.events import FileRef
from headrace_store.jobs.find import JobQuery

#: A job has files to show in these.
_SHOWN = DONE | {Status.STAGED}
_THUMBNAIL_STEM = THUMBNAIL_FILE.partition(".")[0]


class JobRoutes:
    """Video productions of the caller's account, whichever way they came; its other jobs are none of this API's."""

    def __init__(self, core: Core, settings: AurafluxSettings) -> None:
        self._core = core
        self._settings = settings

    async def listed(self, request: web.Request, principal: Principal) -> web.StreamResponse:
        """``GET /v1/jobs``: the youngest first."""
        query = list_query(request)
        wanted = Filter() if query.status is None else FILTERS[query.status]
        page = await self._core.jobs.find(
            JobQuery(
                account_id=principal.account_id,
                models=[MODEL.id],
                states=wanted.states,
                publishes=wanted.publishes,
                approved=wanted.approved,
                limit=query.limit,
                offset=query.offset,
            )
        )
        jobs = [summary(view, video=await self._video(view)) for view in page.jobs]
        answer = {
            "jobs": jobs,
            "total": page.total,
            "limit": query.limit,
            "offset": query.offset,
            "hasMore": page.has_more,
        }
        return json_response(answer)

    async def get(self, request: web.Request, principal: Principal) -> web.StreamResponse:
        """``GET /v1/jobs/:id``."""
        return await self._shown(await self._view(request, principal))

    async def result(self, request: web.Request, principal: Principal) -> web.StreamResponse:
        """``GET /v1/jobs/:id/result``: 202 until complete; 409 for what will never be: failed, cancelled."""
        document = await self._core.jobs.document(path_id(request), principal.account_id)
        view = document.job
        if view.model != MODEL.id:
            raise JobNotFoundError("Job not found")
        status = status_of(view)
        if status is Status.FAILED:
            raise ConflictError(
                f"The job failed and has no result: {view.failure_reason or 'no reason given'}"
            )
        if status is Status.CANCELLED:
            raise ConflictError("The job was cancelled and has no result")
        if status not in DONE:
            return json_response({"jobId": str(view.id), "status": status}, status=202)
        result = await self._core.results.load(document)
        publications = await self._core.jobs.publications(view)
        return json_response(result_object(result, publications, await self._links(view)))

    async def cancel(self, request: web.Request, principal: Principal) -> web.StreamResponse:
        """``DELETE /v1/jobs/:id``."""
        view = await self._view(request, principal)
        try:
            await self._core.jobs.cancel(view.id, principal.account_id)
        except WrongStateError:
            raise await self._conflict(view, "A job can't be cancelled once it is {status}") from None
        view = await self._core.jobs.view(view.id, principal.account_id)
        return json_response(
            {"jobId": str(view.id), "status": status_of(view), "creditsRefunded": refunded(view)}
        )

    async def approve(self, request: web.Request, principal: Principal) -> web.StreamResponse:
        """``POST /v1/jobs/:id/approve-publish``."""
        view = await self._view(request, principal)
        try:
            view = await self._core.jobs.approve(view.id, principal.account_id)
        except WrongStateError:
            raise await self._conflict(
                view, "Only a staged job can be approved; this one is {status}"
            ) from None
        return await self._shown(view)

    async def schedule(self, request: web.Request, principal: Principal) -> web.StreamResponse:
        """``PATCH /v1/jobs/:id/schedule``."""
        view = await self._view(request, principal)
        wish = await json_body(request, self._settings.patience, ScheduleRequest)
        try:
            view = await self._core.jobs.schedule(view.id, principal.account_id, publish_at=wish.publish_at)
        except WrongStateError:
            raise await self._conflict(view, _why_not_scheduled(view)) from None
        return await self._shown(view)

    async def _view(self, request: web.Request, principal: Principal) -> JobView:
        view = await self._core.jobs.view(path_id(request), principal.account_id)
        if view.model != MODEL.id:
            raise JobNotFoundError("Job not found")
        return view

    async def _shown(self, view: JobView) -> web.StreamResponse:
        return json_response(
            job_object(
                view,
                publications=await self._core.jobs.publications(view),
                links=await self._links(view),
                waiting=await self._core.why.of(view),
                now=datetime.now(UTC),
            )
        )

    async def _links(self, view: JobView) -> Links:
        thumbnail = None
        if status_of(view) in _SHOWN:
            thumbnail = next(
                (each for each in view.extra_files if each.name.startswith(_THUMBNAIL_STEM)), None
            )
        return Links(video=await self._video(view), thumbnail=await self._url(thumbnail))

    async def _video(self, view: JobView) -> str | None:
        return await self._url(view.file) if status_of(view) in _SHOWN else None

    async def _url(self, file: FileRef | None) -> str | None:
        if file is None:
            return None
        await asyncio.sleep(
            0
        )  # signing is work without a wait: a long list of jobs lets others have their turn
        return await self._core.results.presigned(file, expires_s=self._settings.link_s)

    async def _conflict(self, view: JobView, sentence: str) -> ConflictError:
        """``sentence`` with the status that the job has by now."""
        view = await self._core.jobs.view(view.id, view.account_id)
        return ConflictError(sentence.format(status=status_of(view)))


def _why_not_scheduled(view: JobView) -> str:
    if view.final:
        return "A job can't be scheduled once it is {status}"
    return "This job is {status}, and its publishing has begun: it is too late for another time"
