"""What came of a job: its result, its attempts, and what it wrote."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.core.errors import NoFileError, NotReadyError
from headrace_api.dialects.native import encode, ids
from headrace_api.dialects.native.route import Call, Content, Route
from headrace_api.dialects.native.routes.jobs import NOT_FOUND, TAG
from headrace_api.dialects.native.schemas.job import AttemptList, LogLine, Logs
from headrace_api.dialects.native.schemas.job_queries import DownloadQuery, LogsQuery
from headrace_api.dialects.native.settings import NativeSettings
from headrace_api.http.files import StoredFile, send_file
from headrace_contracts.jobs.view import JobDocument
from headrace_contracts.messages.events import FileRef
from headrace_contracts.scopes import JOBS_READ

_ANY_FILE = Content(mime="*/*", schema={"type": "string", "format": "binary"}, description="The result")


class OutcomeRoutes:
    def __init__(self, core: Core, settings: NativeSettings) -> None:
        self._core = core
        self._settings = settings

    async def download(self, call: Call[Any, DownloadQuery]) -> web.StreamResponse:
        document = await self._core.jobs.document(_job_id(call), call.who.account_id)
        if document.job.state not in encode.DONE:
            raise NotReadyError(f"This job has no result: it is {document.job.state}")
        file = _wanted(document, call.query.file)
        if file is None:
            return await self._json(document)
        if call.query.redirect:
            url = await self._core.results.presigned(file, expires_s=self._settings.link_s)
            return web.Response(status=302, headers={"Location": url, "Cache-Control": "no-store"})
        stored = StoredFile(key=file.key, name=file.name, mime=file.mime, size=file.size)
        return await send_file(
            call.request, stored, self._core.results.open, write_timeout_s=self._settings.write_timeout_s
        )

    async def _json(self, document: JobDocument) -> web.StreamResponse:
        """The JSON result of a job without a file."""
        result = await self._core.results.load(document)
        if result.data is None:
            raise NoFileError("This job has no result")
        name = encode.result_name(document.job)
        return web.Response(
            body=result.data,
            content_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    async def attempts(self, call: Call[Any, Any]) -> AttemptList:
        view = await self._core.jobs.view(_job_id(call), call.who.account_id)
        past = await self._core.jobs.attempts(view.id, call.who.account_id)
        attempts = [encode.past_attempt(each) for each in past]
        current = encode.current_attempt(view)
        return AttemptList(attempts=attempts if current is None else [*attempts, current])

    async def logs(self, call: Call[Any, LogsQuery]) -> Logs:
        view = await self._core.jobs.view(_job_id(call), call.who.account_id)
        asked = call.query
        chunks = await self._core.output.chunks(
            view, stream=asked.stream, after=asked.after, limit=asked.limit + 1
        )
        shown = chunks[: asked.limit]
        return Logs(
            lines=[
                LogLine.model_construct(seq=each.seq, stream=each.stream, text=each.text, at=each.at)
                for each in shown
            ],
            has_more=len(chunks) > asked.limit,
            next_after=shown[-1].seq if shown else asked.after,
        )


def _job_id(call: Call[Any, Any]) -> UUID | None:
    return ids.read(ids.JOB, call.path("id"))


def _wanted(document: JobDocument, name: str | None) -> FileRef | None:
    """The main file, or one of the others. Raises NoFileError for a name that none has."""
    job = document.job
    if name is None:
        return job.file
    every = [*([job.file] if job.file is not None else []), *job.extra_files]
    for file in every:
        if file.name == name:
            return file
    there = ", ".join(file.name for file in every) or "none"
    raise NoFileError(f"This result has no such file; there are: {there}")


def routes(core: Core, settings: NativeSettings) -> list[Route]:
    outcome = OutcomeRoutes(core, settings)
    return [
        Route(method="GET", path="/v1/jobs/{id}/download", handle=outcome.download, tag=TAG, scope=JOBS_READ,
              summary="The result file, or the JSON result of a job without one", query=DownloadQuery,
              content=_ANY_FILE, also={206: "The part that `Range` asks for", 302: "`redirect=true`: its URL"},
              refuses={404: "Job not found, or it has no such file", 409: "It has no result (yet)",
                       416: "`Range` lies outside of the file"}),
        Route(method="GET", path="/v1/jobs/{id}/attempts", handle=outcome.attempts, tag=TAG, scope=JOBS_READ,
              summary="Each run of the job, first to last", answer=AttemptList, refuses=NOT_FOUND),
        Route(method="GET", path="/v1/jobs/{id}/logs", handle=outcome.logs, tag=TAG, scope=JOBS_READ,
              summary="What the job wrote in its current or last attempt", query=LogsQuery, answer=Logs,
              refuses=NOT_FOUND),
    ]  # fmt: skip
