"""``POST /api/upload``: a project becomes a job (seed 000, «Submit a Job»)."""

from __future__ import annotations

from dataclasses import dataclass, field

from aiohttp import web

from headrace_api.core.archives.intake import Arrival
from headrace_api.core.core import Core
from headrace_api.core.errors import BadRequestError, TooLargeError
from headrace_api.core.identity.principal import Principal
from headrace_api.core.submit import SubmitJob, checked_payload
from headrace_api.dialects.auralis import decode
from headrace_api.dialects.auralis.encode import s3_url, success
from headrace_api.dialects.auralis.guards import NAME, Callers, given_user_id
from headrace_api.dialects.auralis.settings import AuralisSettings
from headrace_api.dialects.auralis.words import DEFAULT_PLATFORM
from headrace_api.http.body import BodyReader
from headrace_api.http.idempotency import idempotency_key
from headrace_api.http.multipart import Part, parts
from headrace_contracts.catalogue.project import DEFAULT_OUTPUT_DIRECTORY
from headrace_contracts.catalogue.project import MODEL as PROJECT
from headrace_contracts.ids import new_id
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.keys import upload_key

_FIELDS = frozenset({"user_id", "platform", "timeout", "output_directory"})
_FIELD_BYTES = 8 * 1024
#: Everything in a form but the file.
_SLACK_BYTES = 1024 * 1024


@dataclass(kw_only=True)
class _Form:
    """What has come so far."""

    values: dict[str, str] = field(default_factory=dict)
    user: Principal | None = None


class UploadRoute:
    """Takes in one project."""

    def __init__(self, core: Core, settings: AuralisSettings) -> None:
        self._core = core
        self._settings = settings
        self._callers = Callers(core)

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """The fields may come in any order; who names the user first is checked before the file is read."""
        form = _Form()
        if given_user_id(request) is not None:
            form.user = await self._callers.user(request)
        if decode.media_type(request) != "multipart/form-data":
            if form.user is None:
                form.user = await self._callers.user(request)
            raise BadRequestError(
                "Content-Type must be multipart/form-data, with the project as field 'file'"
            )
        key = idempotency_key(request)
        command = await self._command(request, form)
        (job,) = await self._core.submissions.submit([command], key=key)
        return success(
            "Job created successfully",
            job_id=str(job.id),
            input_url=s3_url(self._settings.bucket, job.input.key if job.input is not None else None),
        )

    async def _command(self, request: web.Request, form: _Form) -> SubmitJob:
        limit = self._core.archives.settings.max_bytes
        if (request.content_length or 0) > limit + _SLACK_BYTES:
            raise TooLargeError(limit)
        async with self._core.archives.arrival() as arrival:
            async for part in parts(request, BodyReader(request, self._settings.patience)):
                await self._take(request, part, form, arrival)
            if form.user is None:
                form.user = await self._callers.user(request)
            return await self._checked(form, form.user, arrival)

    async def _take(self, request: web.Request, part: Part, form: _Form, arrival: Arrival) -> None:
        if part.name == "file":
            self._early(form)
            await arrival.receive(part.chunks(), filename=part.filename, known=form.user is not None)
            return
        value = await part.text(_FIELD_BYTES)
        if part.name not in _FIELDS:
            return  # not ours: read over it
        if part.name in form.values:
            raise BadRequestError(f"Field '{part.name}' stands twice")
        form.values[part.name] = value
        if part.name == "user_id":
            if form.user is None:
                form.user = await self._callers.user(request, value)
            elif value.strip().lower() != (given_user_id(request) or "").lower():
                raise BadRequestError("Field 'user_id' is another one than the query parameter")

    @staticmethod
    def _early(form: _Form) -> None:
        """What is wrong already is told before the file is read."""
        decode.platform(form.values.get("platform"), DEFAULT_PLATFORM)
        decode.timeout_s(form.values.get("timeout"))

    async def _checked(self, form: _Form, user: Principal, arrival: Arrival) -> SubmitJob:
        platform = decode.platform(form.values.get("platform"), DEFAULT_PLATFORM) or DEFAULT_PLATFORM
        timeout_s = decode.timeout_s(form.values.get("timeout"))
        folder = (decode.text(form.values, "output_directory") or "").strip() or DEFAULT_OUTPUT_DIRECTORY
        payload = checked_payload(PROJECT, {"output_directory": folder})
        if not arrival.received:
            raise BadRequestError("Field 'file' is required: the project as .zip, .tar or .tar.gz")
        mime = await arrival.check()
        job_id = new_id()
        source, digest = await arrival.store(upload_key(job_id, arrival.name), mime)
        return SubmitJob(
            id=job_id,
            dialect=NAME,
            account_id=user.account_id,
            model=PROJECT,
            payload=payload,
            priority=Priority.NORMAL,
            platform=platform,
            timeout_s=timeout_s,
            trace=self._core.tracing.inject(),
        ).with_input(source, digest)
