"""Seed 001, «Get full job result»."""

from __future__ import annotations

from typing import Any

from tests.contract.auraflux.transcripts.common import URL, broke, claim, error, produced, submit, us
from tests.support.transcript import ISO, Match, Step, Transcript


def _not_yet(status: str) -> Step:
    return us("GET /jobs/{id}/result", status=202, answer={"jobId": "{id}", "status": status})


def _result(status: str, **changes: Any) -> Step:
    fields = {
        "jobId": "{id}",
        "status": status,
        "videoUrl": URL,
        "thumbnailUrl": None,
        "title": "Rivers",
        "description": "How rivers run.",
        "tags": ["river", "water"],
        "publishResults": [],
        "completedAt": ISO,
    }
    return us("GET /jobs/{id}/result", answer={**fields, **changes})


TRANSCRIPTS = [
    Transcript(
        name="result: 202 until complete",
        steps=[
            submit(),
            _not_yet("queued"),
            claim(),
            _not_yet("running"),
            produced(),
            _result("complete"),
        ],
    ),
    Transcript(
        name="result: of a staged job is 202 until it is approved",
        steps=[
            submit({"staging": True}),
            claim(),
            produced(),
            _not_yet("staged"),
            us(
                "POST /jobs/{id}/approve-publish",
                answer=Match("a complete job", lambda value: value["status"] == "complete"),
            ),
            _result("complete"),
        ],
    ),
    Transcript(
        name="result: 202 while it is published",
        steps=[submit({"platforms": ["archive"]}), claim(), produced(), _not_yet("running")],
    ),
    Transcript(
        name="result: a failed job has none",
        steps=[
            submit(),
            claim(),
            broke("out of ideas"),
            us(
                "GET /jobs/{id}/result",
                status=409,
                answer=error("conflict", "The job failed and has no result: out of ideas"),
            ),
        ],
    ),
    Transcript(
        name="result: a cancelled job has none",
        steps=[
            submit(),
            us(
                "DELETE /jobs/{id}",
                answer={"jobId": "{id}", "status": "cancelled", "creditsRefunded": 1},
            ),
            us(
                "GET /jobs/{id}/result",
                status=409,
                answer=error("conflict", "The job was cancelled and has no result"),
            ),
        ],
    ),
]
