"""Values of a known form in the answers of this dialect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.support.jobserver import Answer
from tests.support.transcript import Match, differences, like

TIME = like(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
JOB = like(r"job-[0-9a-f]{32}")
FILE = like(r"file-[0-9a-f]{32}")
USER = like(r"user-[0-9a-f]{32}")
JWT = like(r"[\w-]+\.[\w-]+\.[\w-]+")
WORKER_TOKEN = like(r"jw_[A-Za-z0-9_-]{40,}")
COUNT = Match("a whole number", lambda value: type(value) is int and value >= 0)


def expect(answer: Answer, status: int, body: Any) -> dict[str, str]:
    """Fails with every difference; returns what the matchers saved."""
    known: dict[str, str] = {}
    assert answer.status == status, answer
    wrong = differences(body, answer.body, known)
    assert not wrong, "\n".join(wrong)
    return known


def error(title: str, message: Any, code: str, **more: Any) -> dict[str, Any]:
    """The documented envelope."""
    return {"error": title, "message": message, **more, "code": code}


UNAUTHORIZED = error("Unauthorized", like(".+"), "UNAUTHORIZED")
JOB_NOT_FOUND = error("Not found", "Job not found", "JOB_NOT_FOUND")
WORKER_NOT_FOUND = error("Not found", "Worker not found", "NOT_FOUND")
FILE_NOT_FOUND = error("Not found", "File not found", "NOT_FOUND")
FORBIDDEN = error("Forbidden", like(".+"), "FORBIDDEN")


def invalid(message: Any, **details: Any) -> Mapping[str, Any]:
    """What a request with bad fields gets."""
    more = {"details": details} if details else {}
    return error("Invalid request", message, "INVALID_REQUEST", **more)
