"""From the body of a job to a command of the core."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from headrace_api.core.core import Core
from headrace_api.core.destinations import Destination
from headrace_api.core.errors import (
    BadRequestError,
    NotFoundError,
    Problem,
    UnsupportedTypeError,
    ValidationError,
)
from headrace_api.core.files import check_type
from headrace_api.core.identity.principal import Principal
from headrace_api.core.places import choose
from headrace_api.core.pools import Requirements
from headrace_api.core.submit import SubmitJob, check_file_wanted, checked_payload
from headrace_api.core.templates import Template
from headrace_api.dialects.native import ids
from headrace_api.dialects.native.retry import given_fields, policy
from headrace_api.dialects.native.schemas.job_body import JobBody
from headrace_api.dialects.native.settings import NativeSettings
from headrace_contracts.catalogue.model import Model
from headrace_contracts.ids import new_id
from headrace_contracts.jobs.priority import Priority, parse_priority
from headrace_contracts.messages.work import InputRef

NAME = "native"


class Decoder:
    """Of one request: what its jobs share is looked up once."""

    def __init__(self, core: Core, settings: NativeSettings, who: Principal) -> None:
        self._core = core
        self._settings = settings
        self._who = who
        self._trace = core.tracing.inject()
        self._destinations: list[Destination] | None = None
        self._templates: dict[UUID, Template] = {}
        self._files: dict[UUID, InputRef] = {}

    async def command(self, body: JobBody) -> SubmitJob:
        """A job from its fields, all checked. Raises errors of the core; ValidationError names the field."""
        model = self._core.catalogue.find(body.model)
        template = await self._template(body.template_id, model)
        source = await self._source(body.input, model)
        payload = payload_of(body, model, template, has_file=source is not None)
        check_file_wanted(model, has_file=source is not None)
        text = checked_payload(model, payload)
        places = await self._places(body)
        if body.publish_at is not None and not places:
            raise one("publish_at", "needs destinations: there is nowhere to publish to")
        return SubmitJob(
            id=new_id(),
            dialect=NAME,
            account_id=self._who.account_id,
            model=model,
            payload=text,
            priority=parse_priority(body.priority) or Priority.LOW,
            input=source,
            webhook_url=await self._webhook(body.webhook_url),
            trace=self._trace,
            platform=body.platform,
            pool=await self._core.pools.resolve(
                Requirements(
                    gpu_type=body.requirements.gpu_type,
                    gpu_count=body.requirements.gpu_count,
                    min_vram_gb=body.requirements.min_vram_gb,
                ),
                model=model,
                platform=body.platform,
                account_id=self._who.account_id,
            ),
            run_at=body.run_at,
            timeout_s=body.timeout_seconds,
            staging=body.staging,
            destinations=places,
            publish_at=body.publish_at,
            template_id=None if template is None else template.id,
            retry=policy(model.retry, template.retry if template else None, given_fields(body.retry)),
            queue_timeout_s=body.queue_timeout_s or (template.queue_timeout_s if template else None),
        )

    async def _template(self, text: str | None, model: Model) -> Template | None:
        if text is None:
            return None
        template_id = ids.read(ids.TEMPLATE, text)
        found = None if template_id is None else self._templates.get(template_id)
        if found is None:
            try:
                found = await self._core.templates.get(template_id, self._who.account_id)
            except NotFoundError:
                raise one("template_id", "there is no such template") from None
            self._templates[found.id] = found
        if found.model not in {None, model.id}:
            raise one("template_id", f"this template is for '{found.model}'")
        return found

    async def _source(self, given: Any, model: Model) -> InputRef | None:
        """The file that ``input`` names, if it names one."""
        file_id = file_id_in(given, model)
        if file_id is None:
            return None
        source = self._files.get(file_id)
        if source is None:
            try:
                source = (await self._core.files.find(file_id, self._who.account_id)).input
            except NotFoundError:
                raise one("input", "there is no such file, or it has expired") from None
            except BadRequestError as error:
                raise one("input", str(error)) from None
            self._files[file_id] = source
        limit = self._core.uploads.settings.max_file_bytes
        if source.size > limit:
            raise one("input", f"the file has {source.size} bytes; the most is {limit}")
        try:
            check_file_wanted(model, has_file=True)
            if model.archive:
                return await self._looked_into(source)
            check_type(model, source)
        except BadRequestError as error:
            raise one("input", str(error)) from None
        except UnsupportedTypeError as error:
            raise one("input", f"{error}; it takes: {', '.join(error.allowed)}") from None
        return source

    async def _looked_into(self, source: InputRef) -> InputRef:
        """An archive with its type by content. Raises BadRequestError with the reason why it is not taken."""
        async with self._core.archives.arrival() as arrival:
            async with self._core.results.open(source.key, size=source.size) as stream:
                await arrival.receive(stream.chunks, filename=source.name, known=True)
            return InputRef(key=source.key, mime=await arrival.check(), name=source.name, size=source.size)

    async def _places(self, body: JobBody) -> list[UUID]:
        """The destinations that the job names, and the one that its output's address lies in."""
        account_id = self._who.account_id
        named = await self._core.destinations.by_name(account_id, body.destinations, field="destinations")
        places = [each.id for each in named]
        if body.output_config.destination != "local":
            if self._destinations is None:
                self._destinations = await self._core.destinations.listed(account_id)
            place = choose(
                body.output_config.destination,
                self._destinations,
                site_bucket=self._settings.bucket,
                field="output_config.destination",
            )
            places.append(place.id)
        return list(dict.fromkeys(places))

    async def _webhook(self, url: str | None) -> str | None:
        try:
            return await self._core.webhooks.check(url)
        except BadRequestError as error:
            raise one("webhook_url", str(error).partition("is not valid: ")[2] or str(error)) from None


def one(field: str, message: str) -> ValidationError:
    """One problem of one field."""
    return ValidationError([Problem(field, message)])


def file_id_in(given: Any, model: Model) -> UUID | None:
    """The id of a file, if that is what ``input`` is: ``file_...`` always, a bare UUID where the model takes files."""
    if not isinstance(given, str):
        return None
    if given.startswith(f"{ids.FILE}_"):
        return ids.read(ids.FILE, given)
    return ids.read(ids.FILE, given) if model.takes_file else None


def payload_of(body: JobBody, model: Model, template: Template | None, *, has_file: bool) -> dict[str, Any]:
    """The template's options, then what the client says; a text stands for the model's main field.

    Raises ValidationError that names the field.
    """
    payload = dict(template.options) if template is not None else {}
    given = body.input
    if isinstance(given, dict):
        if body.payload is not None:
            raise one("input", "is a payload already; leave 'payload' out, or give a text or a file id")
        return {**payload, **given}
    payload.update(body.payload or {})
    if has_file:
        return {**model.file_defaults, **payload}
    if given is None:
        return payload
    if model.input_field is None:
        what = "the id of a file" if model.takes_file else "an object"
        raise one("input", f"'{model.id}' takes no text; give {what}")
    if body.payload is not None and model.input_field in body.payload:
        raise one("input", f"stands for payload.{model.input_field}, which is given too")
    return {**model.text_defaults, **payload, model.input_field: given}
