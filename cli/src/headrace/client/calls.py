"""Requests as steps: tried again where that is safe, and turned into values or errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

import msgspec

from headrace.client.errors import UnreachableError, of_reply
from headrace.client.steps import Reply, Send, Sleep, Steps

T = TypeVar("T")

#: Waits before another try, in seconds; the server's Retry-After goes before them.
_PAUSES_S: Final = (0.2, 0.5, 1.0, 2.0, 4.0)
_LONGEST_S: Final = 60.0
_AGAIN: Final = frozenset({429, 502, 503, 504})


def call(
    method: str,
    path: str,
    *,
    params: Mapping[str, Any] | None = None,
    json: Any = None,
    key: str | None = None,
) -> Steps[Reply]:
    """One request. What changes nothing, or has an Idempotency-Key, is tried again when the server is away.

    Raises UnreachableError or ApiError.
    """
    headers = {} if key is None else {"Idempotency-Key": key}
    given = {name: value for name, value in (params or {}).items() if value is not None}
    step = Send(method=method, path=path, params=given, json=json, headers=headers)
    safe = key is not None or method in {"GET", "HEAD", "DELETE", "PUT"}
    for pause_s in (*_PAUSES_S, None):
        try:
            reply: Reply = yield step
        except UnreachableError:
            if pause_s is None or not safe:
                raise
            yield Sleep(seconds=pause_s)
            continue
        # 429 and 503 were refused before anything was done.
        if pause_s is None or reply.status not in _AGAIN or not (safe or reply.status in {429, 503}):
            return checked(reply)
        yield Sleep(seconds=min(_retry_after_s(reply, pause_s), _LONGEST_S))
    raise AssertionError("the last round returns or raises")


def checked(reply: Reply) -> Reply:
    """``reply``, unless it is a refusal. Raises ApiError."""
    if reply.status < 400:
        return reply
    try:
        body = msgspec.json.decode(reply.body)
    except msgspec.DecodeError:
        body = None
    raise of_reply(reply.status, body)


def value(reply: Reply, kind: type[T]) -> T:
    """The body as ``kind``; fields that this client does not know are passed over."""
    return msgspec.json.decode(reply.body, type=kind)


def _retry_after_s(reply: Reply, otherwise: float) -> float:
    text = next((text for name, text in reply.headers.items() if name.lower() == "retry-after"), "")
    return float(text) if text.isdigit() else otherwise
