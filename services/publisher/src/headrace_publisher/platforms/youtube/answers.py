"""What the answers of YouTube mean. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from headrace_publisher.platforms.platform import Failed, Outcome, Wait
from headrace_publisher.platforms.youtube.limits import quota_reset
from headrace_publisher.web.answer import Answer, judge

_QUOTA = {"quotaExceeded", "dailyLimitExceeded"}
_SLOW = {"rateLimitExceeded", "userRateLimitExceeded"}
#: The channel has uploaded as much as it may in a day.
_CHANNEL = {"uploadLimitExceeded", "uploadRateLimitExceeded"}
_RANGE = re.compile(r"bytes=0-(\d+)")


def reason_of(answer: Answer) -> str:
    """The word in ``error.errors[0].reason``; empty where there is none."""
    error = answer.json().get("error")
    errors = error.get("errors") if isinstance(error, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    reason = first.get("reason") if isinstance(first, dict) else None
    return reason if isinstance(reason, str) else ""


def judge_youtube(what: str, answer: Answer, *, now: datetime) -> Outcome:
    """As ``judge``, with YouTube's own reasons."""
    reason = reason_of(answer)
    if reason in _QUOTA:
        until = quota_reset(now)
        return Wait(until=until, reason=f"{what}: the quota of the day is used up ({reason})")
    if reason in _SLOW:
        return Wait(until=now + timedelta(seconds=60), reason=f"{what}: too many requests ({reason})")
    if reason in _CHANNEL:
        return Wait(
            until=now + timedelta(hours=12), reason=f"{what}: the channel's limit of the day ({reason})"
        )
    outcome = judge(what, answer, now=now)
    if reason and isinstance(outcome, Failed):
        return Failed(reason=f"{outcome.reason} ({reason})", permanent=outcome.permanent)
    return outcome


def confirmed(answer: Answer) -> int:
    """How many bytes the server has, from the ``Range`` of a 308; without one: none."""
    found = _RANGE.fullmatch(answer.headers.get("Range", "").strip())
    return int(found.group(1)) + 1 if found else 0


def processed(video: dict[str, Any]) -> bool | str:
    """True: the video can be watched; False: not yet; a text: it never will."""
    status = video.get("status") or {}
    details = video.get("processingDetails") or {}
    match status.get("uploadStatus"):
        case "failed":
            return f"YouTube could not take the video ({status.get('failureReason', 'no reason given')})"
        case "rejected":
            return f"YouTube rejected the video ({status.get('rejectionReason', 'no reason given')})"
        case "deleted":
            return "the video was deleted on YouTube"
        case "processed":
            return True
    match details.get("processingStatus"):
        case "succeeded":
            return True
        case "failed" | "terminated":
            why = details.get("processingFailureReason", "no reason given")
            return f"YouTube could not process the video ({why})"
    return False
