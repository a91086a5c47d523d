"""``POST /v1/upload``: a video on its way into the store, judged by its content."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.core.errors import BadRequestError, Problem, TooLargeError, ValidationError
from headrace_api.core.files import ClientFile
from headrace_api.core.identity.principal import Principal
from headrace_api.dialects.auraflux.encode import file_object
from headrace_api.dialects.auraflux.settings import AurafluxSettings
from headrace_api.http.body import BodyReader
from headrace_api.http.multipart import Part, parts
from headrace_api.http.responses import json_response
from headrace_contracts.catalogue.video_production import MODEL

#: Boundaries, part headers and fields of no use, beside the file.
_SLACK_BYTES = 256 * 1024
_FIELD = "file"


class UploadRoute:
    """Takes in one file."""

    def __init__(self, core: Core, settings: AurafluxSettings) -> None:
        self._core = core
        self._settings = settings

    async def upload(self, request: web.Request, principal: Principal) -> web.StreamResponse:
        """A form with the video as ``file``; other fields are read over."""
        limit = self._settings.max_upload_bytes
        if not request.content_type.startswith("multipart/"):
            raise BadRequestError(f"Send the video as multipart/form-data in the field '{_FIELD}'")
        if (request.content_length or 0) > limit + _SLACK_BYTES:
            raise TooLargeError(limit)
        body = BodyReader(request, self._settings.patience)
        file: ClientFile | None = None
        names: list[str] = []
        async for part in parts(request, body):
            names.append(part.name)
            if part.name == _FIELD and names.count(_FIELD) > 1:
                raise BadRequestError(f"Send one video at a time: field '{_FIELD}' stands twice")
            if part.name == _FIELD:
                file = await self._receive(part, principal)
            else:
                await part.bytes(_SLACK_BYTES)
        if file is None:
            seen = ", ".join(f"'{name[:100]}'" for name in names) or "none"
            raise ValidationError([Problem(_FIELD, f"is required: the video; the fields sent are {seen}")])
        return json_response(file_object(file), status=201)

    async def _receive(self, part: Part, principal: Principal) -> ClientFile:
        chunks: AsyncIterator[bytes] = part.chunks()
        return await self._core.files.receive(
            principal.account_id,
            chunks,
            filename=part.filename,
            # Content alone decides: what programs say of videos is often wrong.
            content_type=None,
            max_bytes=self._settings.max_upload_bytes,
            allowed=MODEL.allowed_file_types,
            lifetime=self._settings.upload_lifetime,
        )
