"""Errors of this dialect; the text shows none, so here is what they look like.

Every error is ``{"error": {"code", "message", "details"}}``: ``code`` for programs, in lower case; ``message`` a
sentence; ``details`` an object, empty for most. A request that does not validate is 400 ``validation_error`` with
``details.problems``, a list of ``{"field", "message"}`` with every problem at once.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from headrace_api.core import errors as core
from headrace_api.http.limits import refusal_headers
from headrace_api.http.meaning import known, meaning, patience_headers
from headrace_api.http.middleware import Handler
from headrace_api.http.responses import close_if_unread, json_response

log = logging.getLogger(__name__)

#: Status and code of each error of the core; its message is shown as it is unless ``_message`` has another.
TABLE: Mapping[type[core.CoreError], tuple[int, str]] = {
    core.BadRequestError: (400, "bad_request"),
    core.ValidationError: (400, "validation_error"),
    core.PayloadError: (400, "validation_error"),
    core.UnauthorizedError: (401, "unauthorized"),
    core.InsufficientCreditsError: (402, "insufficient_credits"),
    core.ForbiddenError: (403, "forbidden"),
    core.JobNotFoundError: (404, "not_found"),
    core.NotFoundError: (404, "not_found"),
    core.NoFileError: (404, "not_found"),
    core.BodyTimeoutError: (408, "request_timeout"),
    core.ConflictError: (409, "conflict"),
    core.WrongStateError: (409, "conflict"),
    core.IdempotencyConflictError: (409, "idempotency_conflict"),
    core.TooLargeError: (413, "too_large"),
    core.UnsupportedTypeError: (415, "unsupported_media_type"),
    core.RateLimitedError: (429, "rate_limited"),
    core.QuotaError: (429, "quota"),
    core.NotConfiguredError: (503, "not_configured"),
    core.OverloadedError: (503, "overloaded"),
    core.UnavailableError: (503, "unavailable"),
}
_MIB = 1024 * 1024


def envelope(
    status: int,
    code: str,
    message: str,
    *,
    details: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    body = {"error": {"code": code, "message": message, "details": details or {}}}
    return json_response(body, status=status, headers=headers)


def render(error: core.CoreError) -> web.Response:
    """The answer for an error of the core."""
    status, code = known(TABLE, error) or meaning(error)
    return envelope(status, code, _message(error), details=_details(error), headers=_headers(error))


def _internal() -> web.Response:
    return envelope(500, "internal_error", "Internal server error")


def _message(error: core.CoreError) -> str:
    if isinstance(error, core.TooLargeError):
        limit = f"{error.limit // _MIB} MB" if error.limit % _MIB == 0 else f"{error.limit} bytes"
        return f"This is too large: at most {limit} are taken"
    if isinstance(error, core.UnsupportedTypeError):
        return f"The file is not an MP4 or MOV video: its content is {error.found}"
    if isinstance(error, core.InsufficientCreditsError):
        return f"{error}; nothing was submitted"
    return str(error)


def _details(error: core.CoreError) -> dict[str, Any]:
    match error:
        case core.ValidationError():
            return {"problems": [{"field": each.field, "message": each.message} for each in error.problems]}
        case core.PayloadError():
            return {"problems": [{"field": "options", "message": each} for each in error.problems]}
        case core.InsufficientCreditsError():
            return {"needed": error.needed, "balance": error.balance}
        case core.QuotaError():
            return {"limit": error.limit, "waiting": error.waiting, "wanted": error.wanted}
        case core.RateLimitedError():
            return {"retryAfterSeconds": error.retry_after_s}
        case _:
            return {}


def _headers(error: core.CoreError) -> dict[str, str]:
    match error:
        case core.RateLimitedError():
            return refusal_headers(error)
        case core.UnauthorizedError():
            return {"WWW-Authenticate": "Bearer"}
        case core.RangeError():
            return {"Content-Range": f"bytes */{error.size}"}
        case _:
            return patience_headers(error)


@web.middleware
async def errors_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error under this mount leaves in this envelope, without a trace of its inside."""
    try:
        return await handler(request)
    except core.CoreError as error:
        response = render(error)
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        message = f"{error.method} is not possible here; allowed: {allowed}"
        response = envelope(405, "method_not_allowed", message, headers={"Allow": allowed})
    except web.HTTPNotFound:
        response = envelope(404, "not_found", "There is nothing at this path; the API begins with /v1")
    except web.HTTPException as error:
        response = envelope(error.status, "bad_request", error.reason)
    except ConnectionError:
        raise  # the client is gone: nobody reads an answer
    except Exception:
        log.exception("%s %s failed", request.method, request.path, extra={"action": "http.failed"})
        response = _internal()
    close_if_unread(request, response)
    return response
