"""Files that are sent ahead of the job that uses them: to a presigned URL, or with the request itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from headrace_api.core.core import Core
from headrace_api.core.errors import BadRequestError, TooLargeError
from headrace_api.core.files import ClientFile
from headrace_api.dialects.native import ids, paging
from headrace_api.dialects.native.route import Call, Content, Reply, Route
from headrace_api.dialects.native.schemas.things import File, FileBody, FileList, FileSlot, PageQuery
from headrace_api.dialects.native.serve import NOTHING
from headrace_api.dialects.native.settings import NativeSettings
from headrace_api.http.body import BodyReader
from headrace_api.http.multipart import parts
from headrace_contracts.scopes import FILES

TAG = "Files"
_FORM = Content(
    mime="multipart/form-data",
    schema={
        "type": "object",
        "properties": {"file": {"type": "string", "format": "binary"}},
        "required": ["file"],
    },
    description="The file itself, in one request",
)


class FileRoutes:
    def __init__(self, core: Core, settings: NativeSettings) -> None:
        self._core = core
        self._settings = settings
        self._lifetime = timedelta(hours=settings.file_hours)

    async def create(self, call: Call[Any, Any]) -> Reply:
        if call.body is NOTHING:
            return _slot(await self._receive(call), None, "")
        body: FileBody = call.body
        limit = self._core.uploads.settings.max_file_bytes
        if body.size is not None and body.size > limit:
            raise TooLargeError(limit)
        file, url = await self._core.files.announce(
            call.who.account_id, filename=body.name, mime=body.mime, lifetime=self._lifetime
        )
        return _slot(file, url, body.mime)

    async def _receive(self, call: Call[Any, Any]) -> ClientFile:
        """The part ``file`` of a form, streamed into the store."""
        reader = BodyReader(call.request, self._settings.patience)
        limit = self._core.uploads.settings.max_file_bytes
        async for part in parts(call.request, reader):
            if part.name != "file":
                raise BadRequestError("The form must have one field: file")
            return await self._core.files.receive(
                call.who.account_id,
                part.chunks(),
                filename=part.filename,
                content_type=part.content_type,
                max_bytes=limit,
                lifetime=self._lifetime,
            )
        raise BadRequestError("The form must have one field: file")

    async def get(self, call: Call[Any, Any]) -> File:
        found = await self._core.files.find(ids.read(ids.FILE, call.path("id")), call.who.account_id)
        return File.model_construct(**_fields(found))

    async def listed(self, call: Call[Any, PageQuery]) -> FileList:
        found = await self._core.files.listed(
            call.who.account_id,
            limit=call.query.limit + 1,
            after=paging.after(ids.FILE, call.query.cursor),
        )
        page, more = paging.cut(found, call.query.limit)
        return FileList(
            files=[File.model_construct(**_fields(each)) for each in page],
            has_more=more,
            next_cursor=ids.shown(ids.FILE, page[-1].id) if more else None,
        )

    async def delete(self, call: Call[Any, Any]) -> None:
        await self._core.files.delete(ids.read(ids.FILE, call.path("id")), call.who.account_id)


def _fields(file: ClientFile) -> dict[str, Any]:
    return {
        "file_id": ids.shown(ids.FILE, file.id),
        "name": file.name,
        "mime": file.mime,
        "size": file.size,
        "created_at": file.created_at,
        "expires_at": file.expires_at,
    }


def _slot(file: ClientFile, url: str | None, mime: str) -> Reply:
    headers = {} if url is None else {"Content-Type": mime}
    answer = FileSlot.model_construct(**_fields(file), upload_url=url, headers=headers)
    return Reply(answer=answer, headers={"Location": f"/v1/files/{answer.file_id}"})


def routes(core: Core, settings: NativeSettings) -> list[Route]:
    files = FileRoutes(core, settings)
    missing = {404: "File not found"}
    return [
        Route(method="POST", path="/v1/files", handle=files.create, made="file_id", tag=TAG, scope=FILES, body=FileBody,
              summary="Announce a file, or send a small one", answer=FileSlot, status=201, also_body=_FORM,
              description="With JSON the answer has a URL that takes the bytes for an hour. With a form the "
              "file comes with the request. Its id is then the `input` of a job."),
        Route(method="GET", path="/v1/files", handle=files.listed, summary="List files, youngest first",
              tag=TAG, scope=FILES, query=PageQuery, answer=FileList),
        Route(method="GET", path="/v1/files/{id}", handle=files.get, summary="See a file", tag=TAG,
              scope=FILES, answer=File, refuses=missing),
        Route(method="DELETE", path="/v1/files/{id}", handle=files.delete, summary="Delete a file", tag=TAG,
              scope=FILES, status=204, refuses=missing),
    ]  # fmt: skip
