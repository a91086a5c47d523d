"""Errors in the words and the envelope of seed 003, «Error Responses». ``code`` is always there."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web

from headrace_api.core import errors as core
from headrace_api.http.meaning import known, meaning, patience_headers
from headrace_api.http.responses import json_response

log = logging.getLogger(__name__)

#: What stands in ``error``, by status.
_TITLES: Final[Mapping[int, str]] = {
    400: "Invalid request",
    401: "Unauthorized",
    402: "Payment required",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    408: "Request Timeout",
    409: "Conflict",
    413: "Payload too large",
    415: "Unsupported media type",
    416: "Range not satisfiable",
    429: "Too Many Requests",
    500: "Server Error",
    503: "Service Unavailable",
}


class JobserverError(Exception):
    """An error that a route writes in words of its own. ``title`` None = that of the status."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        title: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.title = title
        self.details = details


@dataclass(frozen=True, slots=True)
class _As:
    """``message`` None: the error's own."""

    status: int
    code: str
    message: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


#: What each error of the core looks like here, unless a route says it in words of its own.
TABLE: Final[Mapping[type[core.CoreError], _As]] = {
    core.BadRequestError: _As(400, "INVALID_REQUEST"),
    core.ValidationError: _As(400, "INVALID_REQUEST"),
    core.PayloadError: _As(400, "INVALID_REQUEST"),
    core.TooLargeError: _As(413, "PAYLOAD_TOO_LARGE"),
    core.UnauthorizedError: _As(401, "UNAUTHORIZED", headers={"WWW-Authenticate": "Bearer"}),
    core.ForbiddenError: _As(403, "FORBIDDEN"),
    core.JobNotFoundError: _As(404, "JOB_NOT_FOUND", "Job not found"),
    core.WrongTokenError: _As(404, "JOB_NOT_FOUND", "Job not found"),
    core.NotFoundError: _As(404, "NOT_FOUND"),
    core.NoFileError: _As(404, "FILE_NOT_FOUND", "File not found"),
    core.WrongStateError: _As(409, "INVALID_STATE"),
    core.ConflictError: _As(409, "CONFLICT"),
    core.IdempotencyConflictError: _As(409, "IDEMPOTENCY_CONFLICT"),
    core.RangeError: _As(416, "RANGE_NOT_SATISFIABLE"),
    core.BodyTimeoutError: _As(408, "REQUEST_TIMEOUT"),
    core.RateLimitedError: _As(429, "RATE_LIMITED", "Rate limit exceeded"),
    core.QuotaError: _As(429, "QUOTA"),
    core.OverloadedError: _As(503, "OVERLOADED"),
    core.UnavailableError: _As(503, "SERVICE_UNAVAILABLE"),
    core.NotConfiguredError: _As(503, "NOT_CONFIGURED"),
}


def render(error: core.CoreError) -> web.Response:
    """The answer for an error of the core."""
    look = known(TABLE, error) or _meaning(error)
    headers = {**look.headers, **patience_headers(error)}
    extra: dict[str, Any] = {}
    if isinstance(error, core.ValidationError):
        extra["details"] = {problem.field: problem.message for problem in error.problems}
    elif isinstance(error, core.PayloadError):
        extra["details"] = {"problems": error.problems}
    elif isinstance(error, core.RangeError):
        headers["Content-Range"] = f"bytes */{error.size}"
    elif isinstance(error, core.RateLimitedError):
        extra["retryAfter"] = error.retry_after_s
    return envelope(look.status, look.code, look.message or _sentence(error), extra=extra, headers=headers)


def _meaning(error: core.CoreError) -> _As:
    """Of an error that has no word of its own here."""
    status, word = meaning(error)
    return _As(status, word.upper())


def render_own(error: JobserverError) -> web.Response:
    """The answer for an error that a route made."""
    extra = {} if error.details is None else {"details": dict(error.details)}
    return envelope(error.status, error.code, str(error), title=error.title, extra=extra)


def envelope(
    status: int,
    code: str,
    message: str,
    *,
    title: str | None = None,
    extra: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """``{"error", "message", "code"}`` with ``extra`` before the code."""
    body = {
        "error": title or _TITLES.get(status, "Error"),
        "message": message,
        **(extra or {}),
        "code": code,
    }
    return json_response(body, status=status, headers=headers)


def render_http(error: web.HTTPException) -> web.Response:
    """What aiohttp itself answers: paths and methods that are none, requests that are broken."""
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        message = f"Method {error.method} is not allowed here. Allowed: {allowed}"
        return envelope(405, "METHOD_NOT_ALLOWED", message, headers={"Allow": allowed})
    if isinstance(error, web.HTTPNotFound):
        return envelope(404, "NOT_FOUND", "There is no such endpoint")
    return envelope(error.status, "INVALID_REQUEST", error.reason)


def _sentence(error: core.CoreError) -> str:
    """``field: problem`` reads as a sentence here: «command is required»."""
    if isinstance(error, core.ValidationError):
        return "; ".join(f"{problem.field} {problem.message}" for problem in error.problems)
    if isinstance(error, core.PayloadError):
        return "; ".join(error.problems) or str(error)
    if isinstance(error, core.WrongStateError):
        return (
            f"The job is {error} already"
            if str(error) in {"completed", "failed", "cancelled"}
            else (f"This can't be done while the job is {error}")
        )
    return str(error)
