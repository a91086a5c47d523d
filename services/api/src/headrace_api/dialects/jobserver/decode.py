"""From bodies and query parameters to what the core takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec
from aiohttp import web
from pydantic import ValidationError as SchemaError

from headrace_api.core.errors import BadRequestError, Problem, ValidationError
from headrace_api.dialects.jobserver.schemas import Body
from headrace_api.http.body import BodyPatience, BodyReader
from headrace_contracts.jobs.state import JobState

NAME: Final = "jobserver"
#: The kind of job that this dialect submits.
MODEL: Final = "command"

B = TypeVar("B", bound=Body)

SMALL_BODY_BYTES: Final = 256 * 1024
_MAX_LIMIT: Final = 1000
_MAX_OFFSET: Final = 2**31

#: The words for a job's states, and the states that each stands for.
STATUS: Final[Mapping[str, tuple[JobState, ...]]] = {
    "queued": (JobState.SCHEDULED, JobState.QUEUED),
    "running": (JobState.CLAIMED, JobState.RUNNING, JobState.STAGED),
    "completed": (JobState.COMPLETED,),
    "failed": (JobState.FAILED,),
    "cancelled": (JobState.CANCELLED,),
}
JOB_SORTS: Final[Mapping[str, str]] = {
    "createdAt": "created_at",
    "startedAt": "started_at",
    "completedAt": "finished_at",
    "status": "state",
    "workerId": "agent",
    "priority": "priority",
}
WORKER_SORTS: Final[Mapping[str, str]] = {
    "registeredAt": "registered_at",
    "lastHeartbeat": "seen_at",
    "workerId": "name",
    "hostname": "hostname",
    "status": "presence",
    "cpuCount": "cpu_count",
    "totalMemoryMb": "memory_mb",
    "jobsCompleted": "jobs_completed",
}


async def body_of(
    request: web.Request, schema: type[B], patience: BodyPatience, *, limit: int = SMALL_BODY_BYTES
) -> B:
    """The request's JSON. Raises BadRequestError, TooLargeError or ValidationError with every problem."""
    data = await BodyReader(request, patience).read(limit)
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequestError(f"The request body is not valid JSON: {error}") from None
    except RecursionError:
        raise BadRequestError("The request body is nested too deeply") from None
    if not isinstance(value, dict):
        raise BadRequestError("The request body must be a JSON object")
    try:
        return schema.model_validate(value)
    except SchemaError as error:
        raise ValidationError([_problem(each) for each in error.errors()]) from None


def _problem(error: Any) -> Problem:
    where = ".".join(str(part) for part in error["loc"]) or "body"
    given = error["input"]
    if error["type"] == "missing" or given in (None, ""):
        return Problem(where, "is required")
    words = {
        "string_type": "must be a string",
        "int_type": "must be a whole number",
        "float_type": "must be a number",
        "dict_type": "must be an object",
        "string_pattern_mismatch": "has characters that are not allowed here",
    }
    message = words.get(error["type"], str(error["msg"]).removeprefix("Value error, "))
    return Problem(where, message[:1].lower() + message[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    limit: int
    offset: int
    #: The core's name of it.
    sort: str
    descending: bool


def page_of(request: web.Request, sorts: Mapping[str, str], default: str) -> Page:
    """``limit``, ``offset`` and ``sort`` of a list. Raises ValidationError with every problem."""
    problems: list[Problem] = []
    limit = _whole(request, "limit", 100, 1, _MAX_LIMIT, problems)
    offset = _whole(request, "offset", 0, 0, _MAX_OFFSET, problems)
    wanted = request.query.get("sort") or default
    sort = sorts.get(wanted.removeprefix("-"))
    if sort is None:
        problems.append(Problem("sort", f"must be one of {', '.join(sorts)}, with a - before it to descend"))
    if problems or sort is None:
        raise ValidationError(problems)
    return Page(limit=limit, offset=offset, sort=sort, descending=wanted.startswith("-"))


def _whole(
    request: web.Request, name: str, default: int, least: int, most: int, problems: list[Problem]
) -> int:
    text = request.query.get(name, "")
    if not text:
        return default
    if text.isascii() and text.isdecimal() and len(text) <= 12 and least <= int(text) <= most:
        return int(text)
    problems.append(Problem(name, f"must be a whole number from {least} to {most}"))
    return default


def words_of(request: web.Request, name: str, allowed: Sequence[str] | None = None) -> list[str]:
    """A filter that may stand several times, and may hold several words divided by commas.

    Raises ValidationError for a word that is not in ``allowed``.
    """
    words = [word.strip() for text in request.query.getall(name, []) for word in text.split(",")]
    _check_text(name, *words)
    found = list(dict.fromkeys(word for word in words if word))
    if allowed is not None and not set(found) <= set(allowed):
        raise ValidationError([Problem(name, f"must be one of {', '.join(allowed)}")])
    return found


def text_of(request: web.Request, name: str) -> str | None:
    """A filter of one text; None where it is absent or empty. Raises ValidationError for what no text can be."""
    text = request.query.get(name) or None
    _check_text(name, text or "")
    return text


def _check_text(name: str, *texts: str) -> None:
    # The record keeps no such text, so that nothing can have it either.
    if any("\x00" in text for text in texts):
        raise ValidationError([Problem(name, "must not hold a NUL character")])


def states_of(request: web.Request) -> list[JobState] | None:
    """The filter ``status`` of a list of jobs; None = any."""
    words = words_of(request, "status", list(STATUS))
    return [state for word in words for state in STATUS[word]] or None
