"""The result that an agent hands in: JSON, a form or a urlencoded form, with or without a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web

from headrace_api.core.claims import Claim, Outcome
from headrace_api.core.core import Core
from headrace_api.core.errors import BadRequestError, CoreError, TooLargeError, UnavailableError
from headrace_api.core.uploads import Upload
from headrace_api.dialects.radiance import decode
from headrace_api.dialects.radiance.errors import RadianceError
from headrace_api.dialects.radiance.settings import RadianceSettings
from headrace_api.http.body import BodyReader
from headrace_api.http.multipart import Part, parts
from headrace_contracts.keys import safe_filename
from headrace_contracts.limits import INLINE_RESULT_BYTES
from headrace_contracts.messages.events import FileRef

_JSON, _FORM, _URLENCODED = "application/json", "multipart/form-data", "application/x-www-form-urlencoded"
_FORM_SLACK_BYTES = 1024 * 1024
_DEFAULT_NAME = "output"


@dataclass(kw_only=True)
class _Fields:
    """What was handed in, as JSON text that has been checked."""

    data: bytes | None = None
    meta: bytes | None = None


class Returns:
    """Takes in results."""

    def __init__(self, core: Core, settings: RadianceSettings) -> None:
        self._core = core
        self._settings = settings

    def content_kind(self, request: web.Request) -> str:
        """The content type. Raises RadianceError for one that no result comes in."""
        kind = decode.media_type(request)
        if kind not in {_JSON, _FORM, _URLENCODED}:
            raise RadianceError(415, "UNSUPPORTED_MEDIA_TYPE", "Use JSON or multipart")
        return kind

    async def take(self, request: web.Request, kind: str, claim: Claim) -> str | None:
        """Record the result; returns the key of its file, if it has one."""
        body = BodyReader(request, self._settings.patience)
        if kind != _FORM:
            text = await body.read(self._settings.max_result_json_bytes)
            await self._complete(
                claim, _json_fields(text) if kind == _JSON else _urlencoded_fields(text), None
            )
            return None
        limit = self._core.uploads.settings.max_file_bytes
        if (request.content_length or 0) > limit + self._settings.max_result_json_bytes + _FORM_SLACK_BYTES:
            raise TooLargeError(limit)
        fields = _Fields()
        async with self._core.claims.renewing(claim), self._core.uploads.upload() as upload:
            async for part in parts(request, body):
                await self._take_part(part, fields, upload, claim)
            file = await self._keep(upload) if upload.received else None
        await self._complete(claim, fields, file)
        return None if file is None else file.key

    async def _take_part(self, part: Part, fields: _Fields, upload: Upload, claim: Claim) -> None:
        if part.name == "file":
            name = safe_filename(part.filename, _DEFAULT_NAME)
            await upload.receive(
                part.chunks(),
                key=await self._core.results.file_key(claim, name),
                filename=name,
                content_type=part.content_type,
            )
        elif part.name == "data":
            fields.data = _checked(await part.bytes(self._settings.max_result_json_bytes), "data")
        elif part.name == "meta":
            fields.meta = _meta(await part.bytes(INLINE_RESULT_BYTES))
        else:
            await part.bytes(_FORM_SLACK_BYTES)  # not ours: read over it

    async def _keep(self, upload: Upload) -> FileRef:
        kept = await upload.keep(upload.guessed())
        return FileRef(key=kept.key, name=kept.name, mime=kept.mime, size=kept.size)

    async def _complete(self, claim: Claim, fields: _Fields, file: FileRef | None) -> None:
        stored = [] if file is None else [file.key]
        try:
            ref = await self._core.results.store_data(claim, fields.data) if fields.data is not None else None
            if ref is not None:
                stored.append(ref)
            await self._core.claims.complete(
                claim,
                Outcome(
                    result=fields.data if ref is None else None, result_ref=ref, file=file, meta=fields.meta
                ),
            )
        except UnavailableError:
            raise  # it may have been recorded without our hearing of it: then the files belong to it
        except CoreError:
            for key in stored:
                await self._core.results.discard(claim.id, key)
            raise


def _json_fields(text: bytes) -> _Fields:
    body: Any = decode.json_value(text, "The request body") if text.strip() else {}
    if not isinstance(body, dict):
        raise BadRequestError("The request body must be a JSON object")
    fields = _Fields()
    if body.get("data") is not None:
        fields.data = msgspec.json.encode(body["data"])
    if body.get("meta") is not None:
        fields.meta = _meta(msgspec.json.encode(body["meta"]))
    return fields


def _urlencoded_fields(text: bytes) -> _Fields:
    try:
        values = dict(parse_qsl(text.decode(), strict_parsing=bool(text), max_num_fields=64, errors="strict"))
    except ValueError:
        raise BadRequestError("The form is malformed") from None
    fields = _Fields()
    if "data" in values:
        fields.data = _checked(values["data"].encode(), "data")
    if "meta" in values:
        fields.meta = _meta(values["meta"].encode())
    return fields


def _checked(text: bytes, name: str) -> bytes | None:
    """``text`` as JSON in one form; None for an empty field. Raises BadRequestError."""
    if not text.strip():
        return None
    return msgspec.json.encode(decode.json_value(text, f"Field '{name}'"))


def _meta(text: bytes) -> bytes | None:
    meta = _checked(text, "meta")
    if meta is not None and len(meta) > INLINE_RESULT_BYTES:
        raise BadRequestError(f"Field 'meta' has more than {INLINE_RESULT_BYTES} bytes")
    return meta
