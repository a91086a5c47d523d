"""Errors of this dialect. The text shows none; its successes say ``{"status": "success", "message": ...}``, so an error
is ``{"status": "error", "message": "<a sentence>", "detail": {"code": "<WORD>", ...}}``, whatever went wrong.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from headrace_api.core import errors as core
from headrace_api.dialects.auralis.words import STATUS
from headrace_api.http.limits import refusal_headers
from headrace_api.http.meaning import known, meaning, patience_headers
from headrace_api.http.middleware import Handler
from headrace_api.http.responses import close_if_unread, json_response
from headrace_contracts.jobs.state import JobState

log = logging.getLogger(__name__)

#: Status and code of each error of the core; a subclass has those of its base.
TABLE: Mapping[type[core.CoreError], tuple[int, str]] = {
    core.BadRequestError: (400, "BAD_REQUEST"),
    core.UnsupportedTypeError: (400, "UNSUPPORTED_TYPE"),
    core.FileRequiredError: (400, "FILE_REQUIRED"),
    core.PayloadError: (400, "INVALID_FIELD"),
    core.ValidationError: (400, "INVALID_FIELD"),
    core.UnauthorizedError: (401, "UNAUTHORIZED"),
    core.InsufficientCreditsError: (402, "INSUFFICIENT_CREDITS"),
    core.ForbiddenError: (403, "FORBIDDEN"),
    core.JobNotFoundError: (404, "NOT_FOUND"),
    core.NotFoundError: (404, "NOT_FOUND"),
    core.NoInputError: (404, "NO_INPUT"),
    core.NoFileError: (404, "NO_OUTPUT"),
    # A worker's claim that is another's now is a job that it does not hold.
    core.WrongTokenError: (404, "NOT_FOUND"),
    core.BodyTimeoutError: (408, "REQUEST_TIMEOUT"),
    core.NotReadyError: (409, "NOT_READY"),
    core.WrongStateError: (409, "WRONG_STATUS"),
    core.ConflictError: (409, "CONFLICT"),
    core.AlreadySettledError: (409, "CONFLICT"),
    core.IdempotencyConflictError: (409, "IDEMPOTENCY_CONFLICT"),
    core.TooLargeError: (413, "TOO_LARGE"),
    core.RangeError: (416, "RANGE_NOT_SATISFIABLE"),
    core.RateLimitedError: (429, "RATE_LIMITED"),
    core.QuotaError: (429, "QUOTA"),
    core.NotConfiguredError: (503, "NOT_CONFIGURED"),
    core.OverloadedError: (503, "OVERLOADED"),
    core.UnavailableError: (503, "UNAVAILABLE"),
}


def envelope(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None, **more: Any
) -> web.Response:
    body = {"status": "error", "message": message, "detail": {"code": code, **more}}
    return json_response(body, status=status, headers=headers)


def render(error: core.CoreError) -> web.Response:
    """The answer for an error of the core."""
    status, code = known(TABLE, error) or _meaning(error)
    message, more, headers = str(error), dict[str, Any](), patience_headers(error)
    match error:
        case core.RateLimitedError():
            headers = refusal_headers(error)
            more = {"retry_after": error.retry_after_s}
        case core.UnauthorizedError():
            headers = {"WWW-Authenticate": "Bearer"}
        case core.RangeError():
            headers = {"Content-Range": f"bytes */{error.size}"}
        case core.WrongStateError():
            word = STATUS[JobState(message)] if message in set(JobState) else None
            message = f"The job is {word}" if word else message
        case core.WrongTokenError():
            message = "Job not found"
        case core.PayloadError():
            message, more = "; ".join(error.problems), {"problems": error.problems}
        case core.ValidationError():
            more = {"problems": [f"{problem.field}: {problem.message}" for problem in error.problems]}
    return envelope(status, code, message, headers, **more)


def _meaning(error: core.CoreError) -> tuple[int, str]:
    """Of an error that has no word of its own here."""
    status, word = meaning(error)
    return status, word.upper()


@web.middleware
async def errors_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error under this mount leaves in this envelope, without a trace of its inside."""
    try:
        return await handler(request)
    except core.CoreError as error:
        response = render(error)
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        message = f"Method {error.method} is not allowed here; allowed: {allowed}"
        response = envelope(405, "METHOD_NOT_ALLOWED", message, {"Allow": allowed})
    except web.HTTPNotFound:
        response = envelope(404, "NOT_FOUND", "There is nothing at this path")
    except web.HTTPException as error:
        response = envelope(error.status, "BAD_REQUEST", error.reason)
    except ConnectionError:
        raise  # the client is gone: nobody reads an answer
    except Exception:
        log.exception("%s %s failed", request.method, request.path, extra={"action": "http.failed"})
        response = envelope(500, "INTERNAL_ERROR", "Internal server error")
    close_if_unread(request, response)
    return response
