"""From this dialect's fields to commands of the core."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import msgspec
from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.core.errors import BadRequestError, MissingModelError, PayloadError
from headrace_api.core.submit import PUBLIC_ACCOUNT, SubmitJob, checked_payload
from headrace_contracts.catalogue.model import Model
from headrace_contracts.ids import parse_id
from headrace_contracts.jobs.lane import PLATFORMS
from headrace_contracts.jobs.priority import Priority, parse_priority
from headrace_contracts.messages.work import InputRef

NAME = "radiance"

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
_MAX_AGENT_CHARS = 100
_DEFAULT_AGENT = "rest-agent"


def job_id(request: web.Request) -> UUID | None:
    """The ``:id`` of the path; None when it is no UUID and so names no job."""
    return parse_id(request.match_info["id"])


def media_type(request: web.Request) -> str:
    """The content type of the request without parameters; empty when there is none."""
    return request.headers.get("Content-Type", "").split(";", 1)[0].strip().lower()


def json_value(data: bytes | msgspec.Raw | str, what: str) -> Any:
    """The value that ``data`` holds as JSON. Raises BadRequestError that names ``what`` was to be read."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequestError(f"{what} is not valid JSON: {error}") from None
    except RecursionError:
        raise BadRequestError(f"{what} is nested too deeply") from None


def payload_value(data: bytes | msgspec.Raw | str) -> Any:
    """The payload as JSON text. Raises PayloadError when it is none."""
    try:
        return json_value(data, "Payload")
    except BadRequestError as error:
        raise PayloadError([str(error)]) from None


def text_field(value: Any, name: str) -> str | None:
    """A field that must be text; None and the empty text are the same. Raises BadRequestError."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise BadRequestError(f"Field '{name}' must be a string")
    return value


def model_id(value: Any) -> str | None:
    """The ``model`` field. Raises MissingModelError for what can't be a name."""
    if value is not None and not isinstance(value, str):
        raise MissingModelError("Model ID is required")
    return value or None


def priority_field(value: Any) -> Priority:
    """The ``priority`` field, normal when it is absent. Raises BadRequestError."""
    if value is None or value == "":
        return Priority.NORMAL
    priority = parse_priority(value)
    if priority is None:
        raise BadRequestError("Field 'priority' must be low, normal, high, urgent or a number from 0 to 3")
    return priority


async def command(
    core: Core,
    new_id: UUID,
    model: Model,
    *,
    payload: Any,
    priority: Any,
    webhook_url: Any,
    source: InputRef | None = None,
) -> SubmitJob:
    """A job from its fields, all checked. Raises PayloadError or BadRequestError."""
    text = checked_payload(model, payload)
    rank = priority_field(priority)
    url = text_field(webhook_url, "webhook_url")
    return SubmitJob(
        id=new_id,
        dialect=NAME,
        account_id=PUBLIC_ACCOUNT,
        model=model,
        payload=text,
        priority=rank,
        input=source,
        webhook_url=None if url is None else await core.webhooks.check(url),
        trace=core.tracing.inject(),
    )


def agent_name(request: web.Request) -> str:
    """``x-agent-id``, fit to be shown."""
    name = _UNPRINTABLE.sub("_", request.headers.get("x-agent-id", "").strip())
    return name[:_MAX_AGENT_CHARS] or _DEFAULT_AGENT


def agent_models(request: web.Request) -> list[str] | None:
    """``x-agent-models``: names divided by commas; None = all."""
    names = [name.strip() for name in request.headers.get("x-agent-models", "").split(",")]
    return [name for name in names if name] or None


def agent_platforms(request: web.Request) -> list[str] | None:
    """``x-agent-platform``: linux-amd64 or linux-arm64, also without ``linux``; None = all.

    Raises BadRequestError for another one.
    """
    given = request.headers.get("x-agent-platform", "").strip().lower().replace("/", "-")
    if not given:
        return None
    platform = given if given.startswith("linux-") else f"linux-{given}"
    if platform not in PLATFORMS:
        raise BadRequestError(f"Header 'x-agent-platform' must be one of: {', '.join(PLATFORMS)}")
    return [platform]
