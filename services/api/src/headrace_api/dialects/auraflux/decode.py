"""Reading requests: JSON bodies, ids and query strings."""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

import msgspec
from aiohttp import web
from pydantic import BaseModel

from headrace_api.core.errors import BadRequestError, Problem, ValidationError
from headrace_api.dialects.auraflux.schemas import ListQuery
from headrace_api.dialects.auraflux.validation import checked
from headrace_api.http.body import BodyPatience, BodyReader
from headrace_contracts.ids import parse_id

M = TypeVar("M", bound=BaseModel)

NAME = "auraflux"
#: Twice the largest payload of a job, as escapes take room.
_JSON_BYTES = 512 * 1024


def path_id(request: web.Request) -> UUID | None:
    """The ``:id`` of the path; None when it can't be one of ours."""
    return parse_id(request.match_info["id"])


async def json_body(request: web.Request, patience: BodyPatience, kind: type[M]) -> M:
    """The body as a ``kind``. Raises BadRequestError (no JSON), ValidationError or TooLargeError."""
    media = request.headers.get("Content-Type", "").split(";", 1)[0].strip().lower()
    if media not in {"application/json", ""} and not media.endswith("+json"):
        raise BadRequestError("Send the request as JSON with Content-Type: application/json")
    text = await BodyReader(request, patience).read(_JSON_BYTES)
    if not text.strip():
        raise BadRequestError("The request body is empty; it must be a JSON object")
    try:
        value: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequestError(f"The request body is not valid JSON: {error}") from None
    except RecursionError:
        raise BadRequestError("The request body is nested too deeply") from None
    return checked(kind, value)


def list_query(request: web.Request) -> ListQuery:
    """``?limit=20&offset=0&status=complete``. Raises ValidationError; a parameter may stand once only."""
    given = request.query
    twice = [name for name in ListQuery.model_fields if len(given.getall(name, [])) > 1]
    if twice:
        raise ValidationError([Problem(name, "stands twice; send it once") for name in twice])
    return checked(ListQuery, {name: value for name, value in given.items() if value != ""})
