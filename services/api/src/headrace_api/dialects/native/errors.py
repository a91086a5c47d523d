"""Errors in this dialect's envelope: ``{"error": {"code", "message", "details"}}``."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from pydantic import ValidationError as ShapeError

from headrace_api.core import errors as core
from headrace_api.dialects.native import ids
from headrace_api.http.meaning import known, meaning, patience_headers
from headrace_api.http.middleware import Handler
from headrace_api.http.responses import close_if_unread, json_response

log = logging.getLogger(__name__)

#: The status and the code of each error of the core.
TABLE: Mapping[type[core.CoreError], tuple[int, str]] = {
    core.BadRequestError: (400, "bad_request"),
    core.MissingModelError: (422, "validation_error"),
    core.UnknownModelError: (422, "validation_error"),
    core.FileRequiredError: (422, "validation_error"),
    core.PayloadError: (422, "validation_error"),
    core.ValidationError: (422, "validation_error"),
    core.TooLargeError: (413, "too_large"),
    core.UnsupportedTypeError: (415, "unsupported_media_type"),
    core.UnauthorizedError: (401, "unauthorized"),
    core.InsufficientCreditsError: (402, "insufficient_credits"),
    core.ForbiddenError: (403, "forbidden"),
    core.WrongTokenError: (403, "forbidden"),
    core.JobNotFoundError: (404, "not_found"),
    core.NotFoundError: (404, "not_found"),
    core.NoInputError: (404, "no_input"),
    core.NoFileError: (404, "no_file"),
    core.BodyTimeoutError: (408, "request_timeout"),
    core.NotReadyError: (409, "not_ready"),
    core.WrongStateError: (409, "invalid_state"),
    core.ConflictError: (409, "conflict"),
    core.AlreadySettledError: (409, "already_settled"),
    core.IdempotencyConflictError: (409, "idempotency_conflict"),
    core.RangeError: (416, "range_not_satisfiable"),
    core.RateLimitedError: (429, "rate_limited"),
    core.QuotaError: (429, "quota"),
    core.OverloadedError: (503, "overloaded"),
    core.UnavailableError: (503, "unavailable"),
    core.NotConfiguredError: (503, "not_configured"),
}

_QUOTED = re.compile(r"(?:Field '|Missing required field: |Unknown field: )([A-Za-z0-9_.\[\]]+)")


class UnsupportedBodyError(Exception):
    """The Content-Type is none that the route takes."""

    def __init__(self, wanted: str) -> None:
        super().__init__(f"Content-Type must be {wanted}")


def body_of(error: core.CoreError) -> tuple[int, dict[str, Any]]:
    """The status, and the object under ``error``."""
    status, code = known(TABLE, error) or meaning(error)
    return status, {"code": code, "message": _message(error), "details": _details(error)}


def render(error: core.CoreError) -> web.Response:
    """The answer for an error of the core."""
    status, body = body_of(error)
    headers = patience_headers(error)
    if isinstance(error, core.RangeError):
        headers["Content-Range"] = f"bytes */{error.size}"
    if isinstance(error, core.UnauthorizedError):
        headers["WWW-Authenticate"] = "Bearer"
    return json_response({"error": body}, status=status, headers=headers)


def plain(status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None) -> web.Response:
    """An error that the core does not know."""
    body = {"error": {"code": code, "message": message, "details": {}}}
    return json_response(body, status=status, headers=headers)


def problems_of(error: ShapeError, *, place: str = "") -> core.ValidationError:
    """What a schema found wrong, a field each."""
    found = []
    for wrong in error.errors(include_url=False, include_input=False):
        path = _path(wrong["loc"]) or place
        message = wrong["msg"].removeprefix("Value error, ")
        found.append(
            core.Problem(path, "is not a known field" if wrong["type"] == "extra_forbidden" else message)
        )
    # The branches of a union say the same of one field.
    return core.ValidationError(list(dict.fromkeys(found)))


def _path(loc: tuple[int | str, ...]) -> str:
    path = ""
    for part in loc:
        if isinstance(part, int):
            path += f"[{part}]"
        elif not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", part) or part in _BRANCHES:
            continue  # the name of a branch of a union, such as constrained-int
        else:
            path += f".{part}" if path else part
    return path


#: Names that pydantic puts into a path to tell the branches of a union apart.
_BRANCHES = frozenset({"str", "int", "dict", "list", "bool", "float", "literal"})


def _message(error: core.CoreError) -> str:
    if isinstance(error, core.ValidationError | core.PayloadError):
        return "The request does not validate; see details"
    if isinstance(error, core.WrongStateError):
        return f"This can't be done with a job that is {error}"
    return str(error)


def _details(error: core.CoreError) -> list[dict[str, str]] | dict[str, Any]:
    match error:
        case core.ValidationError():
            return [{"field": each.field, "message": each.message} for each in error.problems]
        case core.PayloadError():
            return [{"field": _payload_field(each), "message": each} for each in error.problems]
        case core.MissingModelError() | core.UnknownModelError():
            return [{"field": "model", "message": f"{error}; GET /v1/models lists those that there are"}]
        case core.FileRequiredError():
            return [{"field": "input", "message": f"{error}: give the id of one from POST /v1/files"}]
        case core.UnsupportedTypeError():
            return {"found": error.found, "allowed": error.allowed}
        case core.InsufficientCreditsError():
            return {"needed": error.needed, "balance": error.balance}
        case core.QuotaError():
            return {"limit": error.limit, "waiting": error.waiting, "wanted": error.wanted}
        case core.AlreadySettledError():
            made = None if error.replayed_as is None else ids.shown(ids.JOB, error.replayed_as)
            return {"settled": error.settled, "replayed_as": made}
        case core.NotConfiguredError():
            return {"setting": error.setting}
        case _:
            return {}


def _payload_field(sentence: str) -> str:
    named = _QUOTED.match(sentence)
    return f"payload.{named[1]}" if named is not None else "payload"


@web.middleware
async def errors_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error outside of the other dialects leaves in this envelope, without a trace of its inside."""
    try:
        return await handler(request)
    except core.CoreError as error:
        response = render(error)
    except UnsupportedBodyError as error:
        response = plain(415, "unsupported_media_type", str(error))
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        message = f"Method {error.method} is not allowed here; allowed: {allowed}"
        response = plain(405, "method_not_allowed", message, headers={"Allow": allowed})
    except web.HTTPNotFound:
        response = plain(404, "not_found", "There is nothing at this path; see /docs for what there is")
    except web.HTTPException as error:
        if error.status < 400:
            raise
        response = plain(error.status, "bad_request", error.reason)
    except ConnectionError:
        raise  # the client is gone: nobody reads an answer
    except Exception:
        log.exception("%s %s failed", request.method, request.path, extra={"action": "http.failed"})
        response = plain(500, "internal_error", "Internal server error")
    close_if_unread(request, response)
    return response
