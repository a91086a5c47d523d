"""Requests as steps: tried again where that is safe, and turned into values or errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar
from urllib.parse import quote

import msgspec

from headrace.client.errors import UnexpectedAnswerError, UnreachableError, of_reply
from headrace.client.steps import PutFile, Reply, SaveTo, Send, Sleep, Steps

T = TypeVar("T")

#: Waits before another try, in seconds; the server's Retry-After goes before them.
PAUSES_S: Final = (0.2, 0.5, 1.0, 2.0, 4.0)
_LONGEST_S: Final = 60.0
AGAIN: Final = frozenset({429, 502, 503, 504})


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
    return (yield from tried(step, safe=key is not None or method in {"GET", "HEAD", "DELETE", "PUT"}))


def tried(step: Send | PutFile | SaveTo, *, safe: bool) -> Steps[Reply]:
    """``step``, again after a pause while the server is away or busy; ``safe``: it may be heard twice.

    Raises UnreachableError or ApiError.
    """
    for pause_s in (*PAUSES_S, None):
        try:
            reply: Reply = yield step
        except UnreachableError:
            if pause_s is None or not safe:
                raise
            yield Sleep(seconds=pause_s)
            continue
        # 429 and 503 were refused before anything was done.
        if (
            pause_s is None
            or reply.status not in AGAIN
            or _at_quota(reply)
            or not (safe or reply.status in {429, 503})
        ):
            return checked(reply)
        yield Sleep(seconds=retry_after_s(reply, pause_s))
    raise AssertionError("the last round returns or raises")


def _at_quota(reply: Reply) -> bool:
    """The account has as many jobs waiting as it may: that can last for hours, and its owner shall hear of it."""
    return reply.status == 429 and b'"quota"' in reply.body


def part(text: str) -> str:
    """``text`` as one part of a path, whatever is in it."""
    return quote(text, safe="")


def checked(reply: Reply) -> Reply:
    """``reply``, unless it is a refusal. Raises ApiError."""
    if 200 <= reply.status < 300:
        return reply
    try:
        body = msgspec.json.decode(reply.body)
    except msgspec.DecodeError:
        body = None
    raise of_reply(reply.status, body)


def value(reply: Reply, kind: type[T]) -> T:
    """The body as ``kind``; fields that this client does not know are passed over. Raises UnexpectedAnswerError."""
    try:
        return msgspec.json.decode(reply.body, type=kind)
    except msgspec.MsgspecError as error:
        raise UnexpectedAnswerError(
            f"the server does not answer as Headrace does ({error}): check the address"
        ) from None


def retry_after_s(reply: Reply, otherwise: float) -> float:
    """How long the server asks to wait, within reason."""
    text = next((text for name, text in reply.headers.items() if name.lower() == "retry-after"), "")
    return min(float(text) if text.isdigit() else otherwise, _LONGEST_S)
