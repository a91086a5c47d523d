"""Errors in the words and the envelope of seed 002, «Common Error Codes»."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from aiohttp import web

from headrace_api.core import errors as core
from headrace_api.http.meaning import known, meaning, patience_headers
from headrace_api.http.middleware import Handler
from headrace_api.http.responses import close_if_unread, json_response

log = logging.getLogger(__name__)


def _plain(status: int, code: str) -> Callable[[core.CoreError], tuple[int, dict[str, Any]]]:
    return lambda error: (status, {"code": code, "message": str(error)})


def _fixed(status: int, code: str, message: str) -> Callable[[core.CoreError], tuple[int, dict[str, Any]]]:
    return lambda _error: (status, {"code": code, "message": message})


def _unknown_model(error: core.CoreError) -> tuple[int, dict[str, Any]]:
    return 400, {
        "code": "INVALID_MODEL",
        "message": f"{error}. Use /airunner/models to see available models",
    }


def _payload(error: core.CoreError) -> tuple[int, dict[str, Any]]:
    problems = error.problems if isinstance(error, core.PayloadError) else []
    return 400, {"code": "INVALID_PAYLOAD", "message": str(error), "details": problems}


def _unsupported(error: core.CoreError) -> tuple[int, dict[str, Any]]:
    allowed = error.allowed if isinstance(error, core.UnsupportedTypeError) else []
    return 415, {"code": "UNSUPPORTED_MEDIA_TYPE", "message": str(error), "allowedTypes": allowed}


#: What each error of the core looks like here, unless a route says it in words of its own.
TABLE: dict[type[core.CoreError], Callable[[core.CoreError], tuple[int, dict[str, Any]]]] = {
    core.BadRequestError: _plain(400, "BAD_REQUEST"),
    core.MissingModelError: _plain(400, "MISSING_MODEL"),
    core.UnknownModelError: _unknown_model,
    core.FileRequiredError: _plain(400, "FILE_REQUIRED"),
    core.PayloadError: _payload,
    core.TooLargeError: _plain(413, "FILE_TOO_LARGE"),
    core.UnsupportedTypeError: _unsupported,
    core.UnauthorizedError: _plain(401, "UNAUTHORIZED"),
    core.WrongTokenError: _fixed(403, "FORBIDDEN", "Invalid claim token"),
    core.JobNotFoundError: _fixed(404, "NOT_FOUND", "Job not found"),
    core.NoInputError: _fixed(404, "NO_UPLOAD", "Job has no uploaded file"),
    core.NoFileError: _fixed(404, "NO_FILE", "This result has no file"),
    core.NotReadyError: _fixed(409, "NOT_READY", "Result not available yet"),
    core.WrongStateError: _fixed(409, "INVALID_STATE", "Job not running"),
    core.IdempotencyConflictError: _plain(409, "IDEMPOTENCY_CONFLICT"),
    core.RangeError: _plain(416, "RANGE_NOT_SATISFIABLE"),
    core.RateLimitedError: _plain(429, "RATE_LIMITED"),
    core.BodyTimeoutError: _plain(408, "REQUEST_TIMEOUT"),
    core.QuotaError: _plain(429, "QUOTA"),
    core.OverloadedError: _plain(503, "OVERLOADED"),
    core.UnavailableError: _plain(503, "SERVICE_UNAVAILABLE"),
}


class RadianceError(Exception):
    """An error that a route writes in words of its own."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def envelope(error: dict[str, Any], *, status: int, headers: dict[str, str] | None = None) -> web.Response:
    return json_response({"success": False, "error": error}, status=status, headers=headers)


def render(error: core.CoreError) -> web.Response:
    """The answer for an error of the core."""
    shown = known(TABLE, error) or _plain(*_meaning(error))
    status, body = shown(error)
    headers = patience_headers(error)
    if isinstance(error, core.RangeError):
        headers["Content-Range"] = f"bytes */{error.size}"
    if isinstance(error, core.UnauthorizedError):
        headers["WWW-Authenticate"] = "Bearer"
    return envelope(body, status=status, headers=headers)


def _meaning(error: core.CoreError) -> tuple[int, str]:
    """Of an error that the seed has no word for."""
    status, word = meaning(error)
    return status, word.upper()


@web.middleware
async def errors_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error under this mount leaves in this envelope, without a trace of its inside."""
    try:
        return await handler(request)
    except core.CoreError as error:
        response = render(error)
    except RadianceError as error:
        response = envelope({"code": error.code, "message": str(error)}, status=error.status)
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        response = envelope(
            {
                "code": "METHOD_NOT_ALLOWED",
                "message": f"Method {error.method} not allowed. Allowed: {allowed}",
            },
            status=405,
            headers={"Allow": allowed},
        )
    except web.HTTPNotFound:
        response = envelope({"code": "NOT_FOUND", "message": "Resource not found"}, status=404)
    except web.HTTPException as error:
        response = envelope({"code": "BAD_REQUEST", "message": error.reason}, status=error.status)
    except ConnectionError:
        raise  # the client is gone: nobody reads an answer
    except Exception:
        log.exception("%s %s failed", request.method, request.path, extra={"action": "http.failed"})
        response = envelope({"code": "INTERNAL_ERROR", "message": "Internal server error"}, status=500)
    close_if_unread(request, response)
    return response
