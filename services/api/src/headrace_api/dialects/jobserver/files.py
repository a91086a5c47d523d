"""Files for jobs: uploaded by users, fetched by users and by workers of the same account."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NoReturn
from uuid import UUID

from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.core.errors import BadRequestError, NoFileError, NotFoundError, TooLargeError
from headrace_api.core.files import ClientFile
from headrace_api.dialects.jobserver.encode import success, uploaded
from headrace_api.dialects.jobserver.errors import JobserverError
from headrace_api.dialects.jobserver.guards import ACCOUNT, WORKER
from headrace_api.dialects.jobserver.ids import file_of
from headrace_api.dialects.jobserver.settings import JobserverSettings
from headrace_api.http.body import BodyReader
from headrace_api.http.files import StoredFile, send_file
from headrace_api.http.multipart import Part, parts
from headrace_contracts.messages.work import InputRef

_FIELD_BYTES = 64 * 1024
#: Everything in the form but the file.
_FORM_SLACK_BYTES = 1024 * 1024
_MIB = 1024 * 1024


class FileRoutes:
    """Any kind of file: it is the command that has to make sense of it."""

    def __init__(self, core: Core, settings: JobserverSettings) -> None:
        self._core = core
        self._settings = settings

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """``POST /api/files/upload``: multipart, with the field ``file``."""
        limit = self._settings.max_upload_bytes
        if (request.content_length or 0) > limit + _FORM_SLACK_BYTES:
            self._too_large()
        try:
            file = await self._received(request)
        except TooLargeError:
            self._too_large()
        except BadRequestError as error:
            raise _invalid(str(error)) from None
        return success(uploaded(file), status=201)

    async def download(self, request: web.Request) -> web.StreamResponse:
        """``GET /api/files/download/:fileId`` and ``GET /uploads/:fileId/:name``, also a range of it."""
        return await send_file(
            request,
            await self._stored(request),
            self._core.results.open,
            write_timeout_s=self._settings.write_timeout_s,
        )

    async def _stored(self, request: web.Request) -> StoredFile:
        file_id = file_of(request.match_info["fileId"])
        try:
            file = await self._core.files.find(file_id, request[ACCOUNT])
        except NotFoundError:
            held = await self._held_input(request, file_id)
            if held is None:
                raise
            return StoredFile(key=held.key, name=held.name, mime=held.mime, size=held.size)
        if file.size is None:
            raise NoFileError("This file was never sent")
        return StoredFile(key=file.key, name=file.name, mime=file.mime, size=file.size)

    async def _held_input(self, request: web.Request, file_id: UUID | None) -> InputRef | None:
        """The file as input of a job that the calling worker holds: it outlives its own time while jobs need it."""
        worker = request.get(WORKER)
        if worker is None or file_id is None:
            return None
        for job_id in await self._core.workers.held(worker):
            source = (await self._core.jobs.view(job_id, worker.account_id)).input
            if source is not None and source.key.startswith(f"files/{file_id}/"):
                return source
        return None

    async def _received(self, request: web.Request) -> ClientFile:
        file: ClientFile | None = None
        async for part in parts(request, BodyReader(request, self._settings.patience)):
            if part.name == "file" and file is None:
                file = await self._core.files.receive(
                    request[ACCOUNT],
                    _chunks(part),
                    filename=part.filename,
                    content_type=part.content_type,
                    max_bytes=self._settings.max_upload_bytes,
                    lifetime=self._settings.file_lifetime,
                )
            elif part.name == "file":
                raise BadRequestError("Send one file only: field 'file' stands twice")
            else:
                await part.bytes(_FIELD_BYTES)  # not ours: read over it
        if file is None:
            raise BadRequestError("file is required")
        return file

    def _too_large(self) -> NoReturn:
        raise _invalid(f"File size exceeds {self._settings.max_upload_bytes // _MIB}MB limit") from None


def _chunks(part: Part) -> AsyncIterator[bytes]:
    return part.chunks()


def _invalid(message: str) -> JobserverError:
    return JobserverError(400, "INVALID_FILE", message, title="Invalid file")
