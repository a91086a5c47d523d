"""Seed 001, «Cancel a job», «Approve staged job», «Schedule a job»."""

from __future__ import annotations

from typing import Any

from tests.contract.auraflux.transcripts.common import (
    URL,
    balance,
    claim,
    error,
    invalid,
    platform,
    portals,
    produced,
    shown,
    submit,
    us,
)
from tests.support.transcript import ISO, Step, Transcript, like

_LATER = "2099-01-31T18:00:00.000Z"
_PUBLISHING: dict[str, Any] = {
    "progress": 100.0,
    "startedAt": ISO,
    "platforms": [platform("archive")],
}


def _cancel(status: int, answer: Any) -> Step:
    return us("DELETE /jobs/{id}", status=status, answer=answer)


def _cancelled(refunded: int) -> Step:
    return _cancel(200, {"jobId": "{id}", "status": "cancelled", "creditsRefunded": refunded})


def _approve(status: int, answer: Any) -> Step:
    return us("POST /jobs/{id}/approve-publish", status=status, answer=answer)


def _schedule(body: Any, status: int, answer: Any) -> Step:
    return us("PATCH /jobs/{id}/schedule", status=status, json=body, answer=answer)


def _late(status: str) -> dict[str, Any]:
    return error("conflict", f"A job can't be cancelled once it is {status}")


def _unfit(status: str) -> dict[str, Any]:
    return error("conflict", f"Only a staged job can be approved; this one is {status}")


TRANSCRIPTS = [
    Transcript(
        name="cancel: a queued job, its credits come back",
        steps=[
            submit(),
            balance(19),
            _cancelled(1),
            balance(20),
            us(
                "GET /jobs/{id}",
                answer=shown(
                    "cancelled",
                    portals=portals("cancelled", *["skipped"] * 4),
                    completedAt=ISO,
                    creditsRefunded=1,
                ),
            ),
            _cancel(409, _late("cancelled")),
            balance(20),
        ],
    ),
    Transcript(
        name="cancel: a running job, its credits are spent",
        steps=[
            submit(),
            claim(),
            _cancelled(0),
            balance(19),
        ],
    ),
    Transcript(
        name="cancel: not once it is complete",
        steps=[submit(), claim(), produced(), _cancel(409, _late("complete")), balance(19)],
    ),
    Transcript(
        name="cancel: a staged job",
        steps=[
            submit({"staging": True}),
            claim(),
            produced(),
            _cancelled(0),
            _approve(409, _unfit("cancelled")),
        ],
    ),
    Transcript(
        name="approve: a staged job waits, can be looked at, and goes on",
        steps=[
            submit({"staging": True, "platforms": ["archive"]}),
            _approve(409, _unfit("queued")),
            claim(),
            _approve(409, _unfit("running")),
            produced(),
            us(
                "GET /jobs/{id}",
                answer=shown(
                    "staged",
                    staging=True,
                    portals=portals(*["complete"] * 4, "awaiting_approval"),
                    previewUrl=URL,
                    **_PUBLISHING,
                ),
            ),
            _approve(
                200,
                shown(
                    "running",
                    staging=True,
                    portals=portals(*["complete"] * 4, "running"),
                    progressMessage=None,
                    **_PUBLISHING,
                ),
            ),
            _approve(409, _unfit("running")),
        ],
    ),
    Transcript(
        name="approve: without platforms the job is complete",
        steps=[
            submit({"staging": True}),
            claim(),
            produced(),
            _approve(
                200,
                shown(
                    "complete",
                    staging=True,
                    portals=portals(*["complete"] * 4, "skipped"),
                    progress=100.0,
                    startedAt=ISO,
                    completedAt=ISO,
                    outputUrl=URL,
                ),
            ),
            _approve(409, _unfit("complete")),
        ],
    ),
    Transcript(
        name="schedule: set, moved, taken away",
        steps=[
            submit({"platforms": ["archive"]}),
            _schedule(
                {"publishAt": "2099-01-31T18:00:00Z"},
                200,
                shown(publishAt=_LATER, portals=portals(*["pending"] * 5), platforms=[platform("archive")]),
            ),
            _schedule(
                {"publishAt": "2099-02-28T20:00:00+02:00"},
                200,
                shown(
                    publishAt="2099-02-28T18:00:00.000Z",
                    portals=portals(*["pending"] * 5),
                    platforms=[platform("archive")],
                ),
            ),
            _schedule(
                {"publishAt": None},
                200,
                shown(portals=portals(*["pending"] * 5), platforms=[platform("archive")]),
            ),
        ],
    ),
    Transcript(
        name="schedule: a job that is done waits for its time",
        steps=[
            submit({"platforms": ["archive"], "publishAt": "2099-01-31T18:00:00Z"}),
            claim(),
            produced(),
            us(
                "GET /jobs/{id}",
                answer=shown(
                    "running",
                    publishAt=_LATER,
                    portals=portals(*["complete"] * 4, "pending"),
                    **_PUBLISHING,
                ),
            ),
            _schedule(
                {"publishAt": "2000-01-31T18:00:00Z"},
                200,
                shown(
                    "running",
                    publishAt="2000-01-31T18:00:00.000Z",
                    portals=portals(*["complete"] * 4, "running"),
                    **_PUBLISHING,
                ),
            ),
        ],
    ),
    Transcript(
        name="schedule: not once it is over",
        steps=[
            submit({"platforms": ["archive"]}),
            _cancelled(1),
            _schedule(
                {"publishAt": None}, 409, error("conflict", "A job can't be scheduled once it is cancelled")
            ),
        ],
    ),
    Transcript(
        name="schedule: nothing to publish",
        steps=[
            submit({"platforms": None}),
            _schedule(
                {"publishAt": "2099-01-31T18:00:00Z"},
                200,
                shown("queued", platforms=[], publishAt="2099-01-31T18:00:00.000Z"),
            ),
        ],
    ),
    Transcript(
        name="schedule: must say when",
        steps=[
            submit({"platforms": ["archive"]}),
            _schedule({}, 400, invalid(("publishAt", "is required"))),
            _schedule(
                {"publishAt": "next week"},
                400,
                invalid(("publishAt", like("must be an ISO 8601 time with an offset, such as .+, or null"))),
            ),
            _schedule(
                {"publish_at": None},
                400,
                invalid(
                    ("publishAt", "is required"), ("publish_at", "is not known here; known are publishAt")
                ),
            ),
        ],
    ),
]
