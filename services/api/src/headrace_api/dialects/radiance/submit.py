"""``/models`` and ``/submit``."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.core.errors import BadRequestError, TooLargeError
from headrace_api.core.submit import SubmitJob, check_file_wanted
from headrace_api.core.uploads import Upload
from headrace_api.dialects.radiance import decode
from headrace_api.dialects.radiance.encode import model_object, submitted, success
from headrace_api.dialects.radiance.settings import RadianceSettings
from headrace_api.http.body import BodyReader
from headrace_api.http.idempotency import idempotency_key
from headrace_api.http.multipart import Part, parts
from headrace_contracts.ids import new_id
from headrace_contracts.keys import safe_filename, upload_key
from headrace_contracts.limits import PAYLOAD_BYTES

_FIELDS = frozenset({"model", "payload", "priority", "webhook_url"})
_FIELD_BYTES = 8 * 1024
#: Room for escapes: the payload is measured once it is decoded.
_PAYLOAD_FIELD_BYTES = 2 * PAYLOAD_BYTES
#: Everything in a form but the file.
_FORM_SLACK_BYTES = 2 * _PAYLOAD_FIELD_BYTES


@dataclass(kw_only=True)
class _Form:
    """The fields seen so far."""

    values: dict[str, str]

    def model_id(self) -> str | None:
        return self.values.get("model", "").strip() or None


class SubmitRoutes:
    """Takes in one job."""

    def __init__(self, core: Core, settings: RadianceSettings) -> None:
        self._core = core
        self._settings = settings

    async def models(self, _request: web.Request) -> web.StreamResponse:
        """``GET /airunner/models``."""
        return success({"models": [model_object(model) for model in self._core.catalogue.general()]})

    async def submit(self, request: web.Request) -> web.StreamResponse:
        """``POST /airunner/submit``: a form, or JSON without a file."""
        kind = decode.media_type(request)
        if kind == "multipart/form-data":
            command = await self._from_form(request)
        elif kind == "application/json":
            command = await self._from_json(request)
        else:
            raise BadRequestError(
                "Content-Type must be multipart/form-data, or application/json without a file"
            )
        (job,) = await self._core.submissions.submit([command], key=idempotency_key(request))
        return success(submitted(job), status=201)

    async def _from_json(self, request: web.Request) -> SubmitJob:
        body = BodyReader(request, self._settings.patience)
        fields = decode.json_value(await body.read(_FORM_SLACK_BYTES), "The request body")
        if not isinstance(fields, dict):
            raise BadRequestError("The request body must be a JSON object")
        model = self._core.catalogue.find_general(decode.model_id(fields.get("model")))
        if fields.get("file") is not None or fields.get("file_base64") is not None:
            raise BadRequestError("Send a file as multipart/form-data")
        check_file_wanted(model, has_file=False)
        return await decode.command(
            self._core,
            new_id(),
            model,
            payload=fields.get("payload"),
            priority=fields.get("priority"),
            webhook_url=fields.get("webhook_url"),
        )

    async def _from_form(self, request: web.Request) -> SubmitJob:
        """The file streams to where it will stay while the fields come in any order, and appears there last."""
        body = BodyReader(request, self._settings.patience)
        limit = self._core.uploads.settings.max_file_bytes
        if (request.content_length or 0) > limit + _FORM_SLACK_BYTES:
            raise TooLargeError(limit)
        form, job_id = _Form(values={}), new_id()
        async with self._core.uploads.upload() as upload:
            async for part in parts(request, body):
                if part.name == "file":
                    await self._receive(part, form, upload, job_id)
                elif part.name in _FIELDS:
                    await _read_field(part, form)
                else:
                    await part.bytes(_PAYLOAD_FIELD_BYTES)  # not ours: read over it
            return await self._checked(form, upload, job_id)

    async def _receive(self, part: Part, form: _Form, upload: Upload, job_id: UUID) -> None:
        name = safe_filename(part.filename)
        # When the model is known already, a file in vain is refused before it is read.
        model = None if form.model_id() is None else self._core.catalogue.find_general(form.model_id())
        if model is not None and not model.takes_file:
            async for _ in part.chunks():
                check_file_wanted(model, has_file=True)
            return
        await upload.receive(
            part.chunks(),
            key=upload_key(job_id, name),
            filename=name,
            content_type=part.content_type,
            model=model,
        )

    async def _checked(self, form: _Form, upload: Upload, job_id: UUID) -> SubmitJob:
        model = self._core.catalogue.find_general(form.model_id())
        check_file_wanted(model, has_file=upload.received)
        mime = upload.judged(model) if upload.received else None
        text = form.values.get("payload", "")
        command = await decode.command(
            self._core,
            job_id,
            model,
            payload=decode.payload_value(text) if text.strip() else None,
            priority=form.values.get("priority"),
            webhook_url=form.values.get("webhook_url"),
        )
        return command if mime is None else command.with_input(await upload.keep(mime), upload.digest)


async def _read_field(part: Part, form: _Form) -> None:
    if part.name in form.values:
        raise BadRequestError(f"Field '{part.name}' stands twice")
    limit = _PAYLOAD_FIELD_BYTES if part.name == "payload" else _FIELD_BYTES
    form.values[part.name] = await part.text(limit)
