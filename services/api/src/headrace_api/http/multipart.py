"""multipart/form-data, part by part as it comes in (RFC 7578)."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator

from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from headrace_api.core.errors import BadRequestError
from headrace_api.http.body import BodyReader

_CHUNK_BYTES = 64 * 1024
_MAX_PARTS = 64
#: A header line of a part: a file name of some kilobytes is cut later, not refused.
_MAX_HEADER_BYTES = 32 * 1024
_MAX_HEADERS = 16
_BROKEN = (ValueError, AssertionError, RuntimeError, LookupError, HttpProcessingError)


class Part:
    """One field. Read it with ``text`` or ``chunks`` before the next one is asked for."""

    def __init__(self, part: BodyPartReader, body: BodyReader) -> None:
        self._part = part
        self._body = body
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # aiohttp warns of odd file names; we take what can be read
            self.name = part.name or ""
            self.filename = part.filename
        self.content_type = part.headers.get("Content-Type")

    async def chunks(self) -> AsyncIterator[bytes]:
        """The content in pieces. Raises BadRequestError when the body breaks off or is malformed."""
        while not self._part.at_eof():
            try:
                chunk = await self._body.timed(self._part.read_chunk(_CHUNK_BYTES))
            except _BROKEN as error:
                raise BadRequestError("The multipart body is malformed") from error
            if chunk:
                yield chunk

    async def bytes(self, limit: int) -> bytes:
        """The content of a small field. Raises BadRequestError when it has more than ``limit`` bytes."""
        data = bytearray()
        async for chunk in self.chunks():
            self._body.hold(len(chunk))
            data += chunk
            if len(data) > limit:
                raise BadRequestError(f"Field '{self.name[:100]}' has more than {limit} bytes")
        return bytes(data)

    async def text(self, limit: int) -> str:
        """The content of a small text field. Raises BadRequestError when it is not UTF-8 or too long."""
        try:
            return (await self.bytes(limit)).decode()
        except UnicodeDecodeError:
            raise BadRequestError(f"Field '{self.name[:100]}' must be UTF-8 text") from None


async def parts(request: web.Request, body: BodyReader) -> AsyncIterator[Part]:
    """The fields of a form in the order in which they come. Raises BadRequestError for what is no form."""
    try:
        reader = MultipartReader(
            request.headers, request.content, max_field_size=_MAX_HEADER_BYTES, max_headers=_MAX_HEADERS
        )
    except _BROKEN as error:
        raise BadRequestError("The multipart body has no usable boundary") from error
    for _ in range(_MAX_PARTS):
        try:
            part = await body.timed(reader.next())
        except _BROKEN as error:
            raise BadRequestError("The multipart body is malformed") from error
        if part is None:
            return
        if not isinstance(part, BodyPartReader):
            raise BadRequestError("A form field must not be a multipart body itself")
        yield Part(part, body)
    raise BadRequestError(f"The form has more than {_MAX_PARTS} fields")
