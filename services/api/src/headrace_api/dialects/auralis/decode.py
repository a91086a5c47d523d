"""From this dialect's fields to what the core takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
from aiohttp import web

from headrace_api.core.errors import BadRequestError
from headrace_api.dialects.auralis.words import MAX_HOURS, PLATFORMS, REPORTED, Status, platform_of
from headrace_api.http.body import BodyPatience, BodyReader
from headrace_api.http.multipart import parts
from headrace_contracts.catalogue.project import DEFAULT_TIMEOUT_HOURS
from headrace_contracts.ids import parse_id
from headrace_contracts.limits import REASON_CHARS

FIELD_BYTES = 64 * 1024
_MAX_FIELDS = 64
_MAX_DIGITS = 9
_MAX_NAME_CHARS = 100
_MAX_LISTED = 1000
_NO_REASON = "The worker gave no reason"


def job_id(request: web.Request) -> UUID | None:
    """The ``{job_id}`` of the path; None when it is no UUID and so names no job."""
    return parse_id(request.match_info["id"])


def media_type(request: web.Request) -> str:
    """The content type of the request without parameters; empty when there is none."""
    return request.headers.get("Content-Type", "").split(";", 1)[0].strip().lower()


async def fields(request: web.Request, patience: BodyPatience) -> Mapping[str, Any]:
    """The fields of a small body: a form of either kind, or a JSON object. Raises BadRequestError."""
    body, kind = BodyReader(request, patience), media_type(request)
    if kind == "multipart/form-data":
        found: dict[str, Any] = {}
        async for part in parts(request, body):
            _add(found, part.name, await part.text(FIELD_BYTES))
        return found
    data = await body.read(FIELD_BYTES)
    if not data:
        return {}
    if kind == "application/json":
        return _json_fields(data)
    if kind not in {"", "application/x-www-form-urlencoded"}:
        raise BadRequestError(
            "Content-Type must be application/x-www-form-urlencoded, application/json or multipart/form-data"
        )
    return _form_fields(data)


def _form_fields(data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = {}
    try:
        pairs = parse_qsl(
            data.decode("ascii"), keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="strict"
        )
    except ValueError:
        raise BadRequestError("The request body is no urlencoded form") from None
    for name, value in pairs:
        _add(found, name, value)
    return found


def _json_fields(data: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadRequestError("The request body is not valid JSON") from None
    if not isinstance(found, dict):
        raise BadRequestError("The request body must be a JSON object")
    return found


def _add(found: dict[str, Any], name: str, value: str) -> None:
    if name in found:
        raise BadRequestError(f"Field '{name[:100]}' stands twice")
    found[name] = value


def text(values: Mapping[str, Any], name: str) -> str | None:
    """A text field; None and the empty text are the same. Raises BadRequestError."""
    value = values.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise BadRequestError(f"Field '{name}' must be a string")
    if "\x00" in value:
        raise BadRequestError(f"Field '{name}' must not hold a NUL character")
    return value


def platform(value: str | None, default: str | None) -> str | None:
    """The platform field, ``default`` when it is absent. Raises BadRequestError for one that there is not."""
    if value is None or not value.strip():
        return default
    found = platform_of(value)
    if found is None:
        raise BadRequestError(f"Field 'platform' must be {' or '.join(PLATFORMS)}")
    return found


def timeout_s(value: str | None) -> float:
    """The timeout field, in hours; returns seconds. Raises BadRequestError."""
    if value is None or not value.strip():
        return DEFAULT_TIMEOUT_HOURS * 3600.0
    digits = value.strip()
    if not (_whole(digits) and 1 <= int(digits) <= MAX_HOURS):
        raise BadRequestError(f"Field 'timeout' must be a whole number of hours from 1 to {MAX_HOURS}")
    return int(digits) * 3600.0


def worker_name(values: Mapping[str, Any]) -> str:
    """What people call a worker. Raises BadRequestError."""
    name = (text(values, "name") or "").strip()
    if not 1 <= len(name) <= _MAX_NAME_CHARS or not name.isprintable():
        raise BadRequestError(f"Field 'name' must have 1 to {_MAX_NAME_CHARS} printable characters")
    return name


def status(values: Mapping[str, Any]) -> Status:
    """What a worker says of its job. Raises BadRequestError for no status, or one that is not the worker's to say."""
    word = (text(values, "status") or "").strip().upper()
    if word not in REPORTED:
        raise BadRequestError(f"Field 'status' must be one of {', '.join(REPORTED)}")
    return Status(word)


def reason(values: Mapping[str, Any]) -> str:
    """Why a job failed."""
    given = values.get("error")
    return (given.replace("\x00", "\ufffd").strip() if isinstance(given, str) else "")[
        :REASON_CHARS
    ] or _NO_REASON


def page(request: web.Request) -> tuple[int, int]:
    """``limit`` and ``offset``, ours: the youngest thousand without them. Raises BadRequestError."""
    return _number(request, "limit", _MAX_LISTED, 1, _MAX_LISTED), _number(request, "offset", 0, 0, 1_000_000)


def _number(request: web.Request, name: str, default: int, least: int, most: int) -> int:
    value = request.query.get(name, "").strip()
    if not value:
        return default
    if not (_whole(value) and least <= int(value) <= most):
        raise BadRequestError(f"Query parameter '{name}' must be a number from {least} to {most}")
    return int(value)


def _whole(text: str) -> bool:
    """Digits only, and no more of them than any number here has: zeros may stand before it, not without end."""
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS
