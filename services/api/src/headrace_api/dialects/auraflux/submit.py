"""``POST /v1/jobs``."""

from __future__ import annotations

from uuid import UUID

from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.core.errors import Problem, UnsupportedTypeError, ValidationError
from headrace_api.core.files import check_type
from headrace_api.core.identity.principal import Principal
from headrace_api.core.submit import SubmitJob
from headrace_api.dialects.auraflux.decode import NAME, json_body
from headrace_api.dialects.auraflux.options import payload_of, read_options
from headrace_api.dialects.auraflux.schemas import JobRequest
from headrace_api.dialects.auraflux.settings import AurafluxSettings
from headrace_api.dialects.auraflux.status import Status
from headrace_api.dialects.auraflux.templates import video_template
from headrace_api.http.idempotency import idempotency_key
from headrace_api.http.responses import json_response
from headrace_contracts.catalogue.video_production import MODEL
from headrace_contracts.ids import new_id, parse_id
from headrace_contracts.jobs.timing import iso_ms
from headrace_contracts.messages.work import InputRef

#: Credits of a job (dialects.md).
_PROMPT, _UPLOAD, _SEVERAL_PLATFORMS = 1, 2, 3


def credits_of(entry: str, platforms: int) -> int:
    """What a job costs."""
    if platforms > 1:
        return _SEVERAL_PLATFORMS
    return _UPLOAD if entry == "upload" else _PROMPT


class SubmitRoute:
    """Takes in one job."""

    def __init__(self, core: Core, settings: AurafluxSettings) -> None:
        self._core = core
        self._settings = settings

    async def submit(self, request: web.Request, principal: Principal) -> web.StreamResponse:
        """Stores the job and takes its credits, both or neither."""
        key = idempotency_key(request)
        wish = await json_body(request, self._settings.patience, JobRequest)
        command = await self._command(wish, principal.account_id)
        (job,) = await self._core.submissions.submit([command], key=key)
        answer = {
            "jobId": str(job.id),
            # A job is shown as queued; it may run before the answer arrives.
            "status": Status.QUEUED,
            "creditsCharged": command.credits,
            "createdAt": iso_ms(job.created_at),
        }
        return json_response(answer, status=201)

    async def _command(self, wish: JobRequest, account_id: UUID) -> SubmitJob:
        options = read_options(wish.options)
        if problems := list(_rules(wish)):
            raise ValidationError(problems)
        template_id = None
        if wish.from_template_id is not None:
            template = await video_template(self._core, parse_id(wish.from_template_id), account_id)
            template_id, options = template.id, {**template.options, **options}
        payload = payload_of(wish.entry, wish.prompt, options)
        source = None if wish.file_id is None else await self._input(wish.file_id, account_id)
        destinations = await self._core.destinations.by_name(
            account_id, wish.platforms or [], field="platforms"
        )
        return SubmitJob(
            id=new_id(),
            dialect=NAME,
            account_id=account_id,
            model=MODEL,
            payload=payload,
            priority=wish.priority,
            input=source,
            webhook_url=await self._core.webhooks.check(wish.webhook_url, field="webhookUrl"),
            trace=self._core.tracing.inject(),
            staging=wish.staging,
            destinations=[each.id for each in destinations],
            publish_at=wish.publish_at,
            credits=credits_of(wish.entry, len(destinations)),
            template_id=template_id,
        )

    async def _input(self, file_id: str, account_id: UUID) -> InputRef:
        source = (await self._core.files.find(parse_id(file_id), account_id)).input
        try:
            check_type(MODEL, source)
        except UnsupportedTypeError as error:
            raise ValidationError(
                [Problem("fileId", f"names a file that is not an MP4 or MOV video but {error.found}")]
            ) from None
        return source


def _rules(wish: JobRequest) -> list[Problem]:
    """What one field says about another."""
    problems = []
    if wish.entry == "prompt" and not (wish.prompt or "").strip():
        problems.append(Problem("prompt", "is required where entry is 'prompt': say what the video is about"))
    if wish.entry == "prompt" and wish.file_id is not None:
        problems.append(Problem("fileId", "goes with entry 'upload' only"))
    if wish.entry == "upload" and wish.file_id is None:
        problems.append(
            Problem("fileId", "is required where entry is 'upload': POST /v1/upload gives it for a video")
        )
    return problems
