"""What came back from a platform, and what it means where the platform's own words say nothing else. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from headrace_publisher.platforms.platform import Failed, Outcome, Wait
from headrace_runtime.retry import parse_retry_after

_WORDS = 300
_TAG = re.compile(r"<[^>]*>")
#: Overloaded or away for a moment; every other 4xx is about what we sent.
_TRANSIENT = frozenset({408, 425, 429})
#: A platform that asks for less patience than this is asked again after it, one that asks for more gets the most.
MIN_WAIT_S = 1.0
MAX_WAIT_S = 26 * 3600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One answer, its body read up to a limit. Names of headers are case-insensitive in ``headers``."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; empty when it is none."""
        try:
            found = msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            return {}
        return found if isinstance(found, dict) else {}

    def words(self) -> str:
        """What the platform says, in one line: its ``error``, or the beginning of its text."""
        found = self.json()
        error = found.get("error_description") or found.get("error") or found.get("message")
        if isinstance(error, dict):
            error = error.get("message")
        if not isinstance(error, str):
            error = _TAG.sub(" ", self.body[: 4 * _WORDS].decode("utf-8", "replace"))
        return " ".join("".join(c if c.isprintable() else " " for c in error).split())[:_WORDS]


def retry_at(answer: Answer, *, now: datetime) -> datetime | None:
    """When the platform wants to be asked again: ``Retry-After``, or Mastodon's ``X-RateLimit-Reset``."""
    wait_s = parse_retry_after(answer.headers.get("Retry-After"), now=now)
    if wait_s is None:
        reset = answer.headers.get("X-RateLimit-Reset")
        try:
            moment = datetime.fromisoformat(reset) if reset else None
        except ValueError:
            moment = None
        if moment is None:
            return None
        wait_s = (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
    return now + timedelta(seconds=min(max(wait_s, MIN_WAIT_S), MAX_WAIT_S))


def judge(what: str, answer: Answer, *, now: datetime) -> Outcome:
    """The outcome of an answer that is no success; ``what`` says what was tried («make the status»)."""
    said = answer.words()
    reason = f"{what}: HTTP {answer.status}" + (f", {said}" if said else "")
    if answer.status in {401, 403}:
        return Failed(
            reason=f"{what}: the platform refused the credentials ({reason_tail(answer, said)})",
            permanent=True,
        )
    if 300 <= answer.status < 400:
        return Failed(
            reason=f"{what}: HTTP {answer.status}, a redirect, which is not followed", permanent=True
        )
    if answer.status in _TRANSIENT or answer.status >= 500:
        until = retry_at(answer, now=now)
        if until is not None:
            return Wait(until=until, reason=reason)
        if answer.status == 429:
            return Wait(until=now + timedelta(seconds=60), reason=reason)
        return Failed(reason=reason, permanent=False)
    return Failed(reason=reason, permanent=True)


def reason_tail(answer: Answer, said: str) -> str:
    return f"HTTP {answer.status}" + (f", {said}" if said else "")
