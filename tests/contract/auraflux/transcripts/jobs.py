"""Seed 001, «Submit a job», «Get job status», «List jobs»."""

from __future__ import annotations

from tests.contract.auraflux.transcripts.common import (
    URL,
    balance,
    broke,
    claim,
    error,
    listed,
    platform,
    portals,
    produced,
    shown,
    submit,
    upload,
    us,
)
from tests.support.transcript import ISO, Step, Transcript

_RUN = portals("running", "pending", "pending", "pending", "skipped")
_DONE = portals("complete", "complete", "complete", "complete", "skipped")
_LATER = "2099-01-31T19:00:00+01:00"
_LATER_UTC = "2099-01-31T18:00:00.000Z"


def _page(
    *jobs: object, total: int, limit: int = 20, offset: int = 0, more: bool = False
) -> dict[str, object]:
    return {"jobs": list(jobs), "total": total, "limit": limit, "offset": offset, "hasMore": more}


TRANSCRIPTS = [
    Transcript(
        name="jobs: queued, running, complete",
        steps=[
            submit(),
            us("GET /jobs/{id}", answer=shown()),
            claim(),
            us("GET /jobs/{id}", answer=shown("running", portals=_RUN, startedAt=ISO)),
            produced(),
            us(
                "GET /jobs/{id}",
                answer=shown(
                    "complete", portals=_DONE, progress=100.0, startedAt=ISO, completedAt=ISO, outputUrl=URL
                ),
            ),
            balance(19),
        ],
    ),
    Transcript(
        name="jobs: from an upload",
        steps=[
            upload(),
            submit({"entry": "upload", "fileId": "{file}", "prompt": None}, credits=2),
            us("GET /jobs/{id}", answer=shown(entry="upload", creditsCharged=2)),
            claim(payload={"entry": "upload"}),
            balance(18),
        ],
    ),
    Transcript(
        name="jobs: everything that a submit may say",
        steps=[
            submit(
                {
                    "options": {"aspect": "9:16", "maxDurationSeconds": 30, "titleCard": True, "tags": ["a"]},
                    "staging": True,
                    "platforms": ["archive", "mirror", "archive"],
                    "publishAt": _LATER,
                    "priority": "high",
                    "webhookUrl": "http://127.0.0.1:9/done",
                },
                credits=3,
            ),
            us(
                "GET /jobs/{id}",
                answer=shown(
                    staging=True,
                    creditsCharged=3,
                    publishAt=_LATER_UTC,
                    priority="high",
                    portals=portals(*["pending"] * 5),
                    platforms=[platform("archive"), platform("mirror")],
                ),
            ),
            claim(
                payload={
                    "aspect": "9:16",
                    "max_duration_s": 30,
                    "title_card": True,
                    "tags": ["a"],
                    "entry": "prompt",
                    "prompt": "How rivers run",
                }
            ),
            balance(17),
        ],
    ),
    Transcript(
        name="jobs: one platform costs no more",
        steps=[submit({"platforms": ["mirror"]}), balance(19)],
    ),
    Transcript(
        name="jobs: failed, and the credits are back",
        steps=[
            submit(),
            balance(19),
            claim(),
            broke("the prompt can't be read aloud"),
            us(
                "GET /jobs/{id}",
                answer=shown(
                    "failed",
                    portals=portals("failed", "skipped", "skipped", "skipped", "skipped"),
                    startedAt=ISO,
                    completedAt=ISO,
                    creditsRefunded=1,
                    error={"code": "handler", "message": "the prompt can't be read aloud"},
                ),
            ),
            balance(20),
        ],
    ),
    Transcript(
        name="jobs: too few credits, nothing stored",
        steps=[
            *[submit({"platforms": ["archive", "mirror"]}, credits=3) for _ in range(6)],
            us(
                "POST /jobs",
                status=402,
                json={"entry": "prompt", "prompt": "x", "platforms": ["archive", "mirror"]},
                answer=error(
                    "insufficient_credits",
                    "This needs 3 credits; the balance is 2; nothing was submitted",
                    needed=3,
                    balance=2,
                ),
            ),
            us("GET /jobs?limit=1", answer=_page(listed(creditsCharged=3), total=6, limit=1, more=True)),
            balance(2),
        ],
    ),
    Transcript(
        name="jobs: a list in pages, the youngest first",
        steps=[
            us("GET /jobs", answer=_page(total=0)),
            submit(save="one"),
            submit(save="two"),
            submit(save="three"),
            us(
                "GET /jobs",
                answer=_page(listed(job="three"), listed(job="two"), listed(job="one"), total=3),
            ),
            us(
                "GET /jobs?limit=2",
                answer=_page(listed(job="three"), listed(job="two"), total=3, limit=2, more=True),
            ),
            us("GET /jobs?limit=2&offset=2", answer=_page(listed(job="one"), total=3, limit=2, offset=2)),
            us("GET /jobs?offset=9", answer=_page(total=3, offset=9)),
        ],
    ),
    Transcript(
        name="jobs: a list by status",
        steps=[
            submit(save="one"),
            claim("one"),
            produced("one"),
            submit(save="two"),
            us(
                "GET /jobs?status=complete",
                answer=_page(
                    listed(
                        "complete",
                        job="one",
                        progress=100.0,
                        startedAt=ISO,
                        completedAt=ISO,
                        outputUrl=URL,
                    ),
                    total=1,
                ),
            ),
            us("GET /jobs?status=queued&limit=5&offset=0", answer=_page(listed(job="two"), total=1, limit=5)),
            *[
                us(f"GET /jobs?status={word}", answer=_page(total=0))
                for word in ("running", "staged", "published", "failed", "cancelled")
            ],
            us(
                "GET /jobs?status=",
                answer=_page(
                    listed(job="two"),
                    listed(
                        "complete", job="one", progress=100.0, startedAt=ISO, completedAt=ISO, outputUrl=URL
                    ),
                    total=2,
                ),
            ),
        ],
    ),
    Transcript(
        name="jobs: one Idempotency-Key, one job, one charge",
        steps=[
            submit(headers={"Idempotency-Key": "order-1"}),
            us(
                "POST /jobs",
                status=201,
                headers={"Idempotency-Key": "order-1"},
                json={"entry": "prompt", "prompt": "How rivers run"},
                answer={
                    "jobId": "{id}",
                    "status": "queued",
                    "creditsCharged": 1,
                    "createdAt": "{id_created}",
                },
            ),
            us(
                "POST /jobs",
                status=409,
                headers={"Idempotency-Key": "order-1"},
                json={"entry": "prompt", "prompt": "How seas run"},
                answer=error(
                    "idempotency_conflict",
                    "This Idempotency-Key was used with another request; take a new key for a new request",
                ),
            ),
            balance(19),
        ],
    ),
    Transcript(
        name="jobs: HEAD is answered as GET",
        steps=[Step(ask="HEAD /auraflux/v1/jobs", headers={"Authorization": "Bearer {key}"}, status=200)],
    ),
]
