"""What this dialect's requests hold: camelCase, nothing unknown, no numbers guessed from text."""

from __future__ import annotations

from copy import copy
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model
from pydantic.alias_generators import to_camel

from headrace_api.dialects.auraflux.status import Status
from headrace_contracts.catalogue.video_production import VideoProduction
from headrace_contracts.jobs.priority import Priority, parse_priority

MAX_PLATFORMS = 20
#: Fields of the model that are not written as their own names in camelCase.
_NAMES = {"max_duration_s": "maxDurationSeconds", "title_card_s": "titleCardSeconds"}
#: Fields of the model that a request has outside of its options.
_OUTSIDE = frozenset({"entry", "prompt"})


def wire_name(name: str) -> str:
    """The name of a field of ours in this dialect's JSON."""
    return _NAMES.get(name) or to_camel(name)


class Wire(BaseModel):
    """Base of all requests."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, alias_generator=wire_name)


#: The options of a job or a template: every field of the model but entry and prompt, all of them optional.
JobOptions: type[BaseModel] = create_model(
    "JobOptions",
    __base__=Wire,
    **{
        name: (field.annotation, copy(field))
        for name, field in VideoProduction.model_fields.items()
        if name not in _OUTSIDE
    },
)  # type: ignore[call-overload]  # the fields are the catalogue's: no type checker can know them

#: From the model's names to those of the wire.
OPTION_NAMES: dict[str, str] = {name: wire_name(name) for name in JobOptions.model_fields}


def _moment(value: object) -> object:
    """An ISO 8601 time with its offset, in UTC."""
    problem = "must be an ISO 8601 time with an offset, such as 2026-01-31T18:00:00Z, or null"
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(problem)  # noqa: TRY004 - pydantic turns a ValueError into a finding, and a TypeError not
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError(problem)


def _priority(value: object) -> object:
    priority = parse_priority(value)
    if priority is None:
        raise ValueError("must be low, normal, high, urgent or a number from 0 to 3")
    return priority


Moment = Annotated[datetime | None, BeforeValidator(_moment)]


class JobRequest(Wire):
    """``POST /v1/jobs``."""

    entry: Literal["upload", "prompt"]
    prompt: str | None = None
    file_id: str | None = None
    from_template_id: str | None = None
    #: Checked by ``options.py``, together with the template's.
    options: dict[str, Any] | None = None
    staging: bool = False
    #: Names of the account's destinations.
    platforms: Annotated[list[str], Field(max_length=MAX_PLATFORMS)] | None = None
    publish_at: Moment = None
    #: Ours: called once the job has ended.
    webhook_url: str | None = None
    #: Ours.
    priority: Annotated[Priority, BeforeValidator(_priority)] = Priority.NORMAL


class ScheduleRequest(Wire):
    """``PATCH /v1/jobs/:id/schedule``: null takes the time away."""

    publish_at: Moment


class TemplateRequest(Wire):
    """``POST /v1/templates``."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    options: dict[str, Any]


class ListQuery(BaseModel):
    """``GET /v1/jobs``: all of it text, as it comes from the URL."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    status: Status | None = None
