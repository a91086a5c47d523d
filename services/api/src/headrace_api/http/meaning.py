"""What the core's errors mean in HTTP (RFC 9110, section 15): for errors that a dialect has no words of its own for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from headrace_api.core import errors as core

T = TypeVar("T")

#: A subclass means what its base means.
_STATUS: Final[Mapping[type[core.CoreError], int]] = {
    core.CoreError: 400,
    core.UnauthorizedError: 401,
    core.InsufficientCreditsError: 402,
    core.ForbiddenError: 403,
    core.WrongTokenError: 403,
    core.JobNotFoundError: 404,
    core.NotFoundError: 404,
    core.NoInputError: 404,
    core.NoFileError: 404,
    core.BodyTimeoutError: 408,
    core.NotReadyError: 409,
    core.WrongStateError: 409,
    core.ConflictError: 409,
    core.IdempotencyConflictError: 409,
    core.TooLargeError: 413,
    core.UnsupportedTypeError: 415,
    core.RangeError: 416,
    core.RateLimitedError: 429,
    core.QuotaError: 429,
    core.OverloadedError: 503,
    core.UnavailableError: 503,
    core.NotConfiguredError: 503,
}
_WORD: Final[Mapping[int, str]] = {
    400: "bad_request",
    401: "unauthorized",
    402: "insufficient_credits",
    403: "forbidden",
    404: "not_found",
    408: "request_timeout",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    416: "range_not_satisfiable",
    429: "rate_limited",
    503: "unavailable",
}


def known(table: Mapping[type[core.CoreError], T], error: core.CoreError) -> T | None:
    """What ``table`` has for the error, or else for the nearest of its bases; None without any."""
    return next((table[kind] for kind in type(error).__mro__ if kind in table), None)


def meaning(error: core.CoreError) -> tuple[int, str]:
    """Status and code, in lower case, of an error that a dialect's own table does not name."""
    status = known(_STATUS, error)
    assert status is not None  # noqa: S101 -- the base of all is in the table
    return status, _WORD[status]


def patience_headers(error: core.CoreError) -> dict[str, str]:
    """``Retry-After`` of an error that says when to come again (RFC 9110, 10.2.3)."""
    seconds = getattr(error, "retry_after_s", None)
    return {"Retry-After": str(seconds)} if isinstance(seconds, int) else {}
