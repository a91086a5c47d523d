"""Seed 002, «Client API»: submit, priorities, status and cancel."""

from __future__ import annotations

from tests.contract.radiance.transcripts.common import (
    AGENT,
    CLAIM,
    IMAGE,
    NOBODY,
    claim_text,
    created,
    done,
    error,
    jpeg,
    status,
    submit_text,
)
from tests.support.transcript import ISO, File, Step, Transcript

_NOT_READY = error("NOT_READY", "Result not available yet")
_NOT_FOUND = error("NOT_FOUND", "Job not found")

TRANSCRIPTS = [
    Transcript(
        name="submit: image classification with file",
        steps=[
            Step(
                ask="POST /airunner/submit",
                form=[
                    ("model", "image-classification"),
                    ("file", File(jpeg(), "image.jpg", "image/jpeg")),
                    ("payload", '{"top_k": 3, "threshold": 0.5}'),
                    ("webhook_url", "http://127.0.0.1:9/webhook"),
                ],
                status=201,
                answer=created(
                    "image-classification",
                    upload="image.jpg",
                    mime="image/jpeg",
                    webhook="http://127.0.0.1:9/webhook",
                ),
            ),
        ],
    ),
    Transcript(
        name="submit: the file may come before the model",
        steps=[
            Step(
                ask="POST /airunner/submit",
                form=[("file", IMAGE), ("priority", "high"), ("model", "image-classification")],
                status=201,
                answer=created("image-classification", priority=2, upload="cat.png", mime="image/png"),
            ),
        ],
    ),
    Transcript(
        name="submit: text generation without file",
        steps=[
            Step(
                ask="POST /airunner/submit",
                form=[
                    ("model", "text-generation"),
                    ("payload", '{"prompt": "Once upon a time", "max_tokens": 100}'),
                ],
                status=201,
                answer=created("text-generation"),
            ),
        ],
    ),
    Transcript(
        name="submit: JSON without a file (dialects.md)",
        steps=[
            Step(
                ask="POST /airunner/submit",
                json={"model": "text-generation", "payload": {"prompt": "hello"}, "priority": 0},
                status=201,
                answer=created("text-generation", priority=0),
            ),
        ],
    ),
    *(
        Transcript(
            name=f"priority {given}",
            steps=[
                Step(
                    ask="POST /airunner/submit",
                    form=[
                        ("model", "text-generation"),
                        ("payload", '{"prompt": "Emergency alert text"}'),
                        ("priority", given),
                    ],
                    status=201,
                    answer=created("text-generation", priority=number),
                ),
            ],
        )
        for given, number in {
            "urgent": 3,
            "high": 2,
            "normal": 1,
            "low": 0,
            "3": 3,
            "2": 2,
            "1": 1,
            "0": 0,
            "": 1,
            "HIGH": 2,
        }.items()
    ),
    Transcript(
        name="status: queued, running, completed",
        steps=[
            submit_text(),
            Step(ask="GET /airunner/status/{id}", status=200, answer=status("queued")),
            claim_text(),
            Step(ask="GET /airunner/status/{id}", status=200, answer=status("running", started=True)),
            Step(
                ask="POST /airunner/agent/return/{id}",
                headers=CLAIM,
                json={"data": {"generated_text": "the end"}},
                status=200,
                answer=done(
                    {
                        "id": "{id}",
                        "status": "completed",
                        "result_key": "results/{id}/result.json",
                        "result_file_key": None,
                    }
                ),
            ),
            Step(
                ask="GET /airunner/status/{id}",
                status=200,
                answer=status(
                    "completed", started=True, finished=True, result_key="results/{id}/result.json"
                ),
            ),
        ],
    ),
    Transcript(
        name="status: not found",
        steps=[
            Step(
                ask=f"GET /airunner/status/{name}",
                status=404,
                answer=error("NOT_FOUND", "Job not found (yet)"),
            )
            for name in (NOBODY, "abc123", "..%2Fadmin")
        ],
    ),
    Transcript(
        name="status: an id that no job can have",
        steps=[
            Step(
                ask="GET /airunner/status/%00",
                status=400,
                answer=error(
                    "BAD_REQUEST",
                    "The address contains the character NUL (%00), which no name or id here has",
                ),
            )
        ],
    ),
    Transcript(
        name="cancel: a queued job",
        steps=[
            submit_text(),
            Step(
                ask="DELETE /airunner/cancel/{id}",
                status=200,
                answer=done({"id": "{id}", "status": "cancelled", "cancelled_at": ISO.saved_as("at")}),
            ),
            Step(
                ask="GET /airunner/status/{id}",
                status=200,
                answer=status("cancelled", finished=True, completed_at="{at}"),
            ),
            Step(ask="POST /airunner/agent/claim", headers=AGENT, status=204),
            Step(
                ask="DELETE /airunner/cancel/{id}",
                status=409,
                answer=error("ALREADY_FINISHED", "Cannot cancel completed or failed job"),
            ),
        ],
    ),
    Transcript(
        name="cancel: a running job",
        steps=[
            submit_text(),
            claim_text(),
            Step(
                ask="DELETE /airunner/cancel/{id}",
                status=200,
                answer=done({"id": "{id}", "status": "cancelled", "cancelled_at": ISO}),
            ),
            Step(
                ask="POST /airunner/agent/return/{id}",
                headers=CLAIM,
                json={"data": {}},
                status=409,
                answer=error("INVALID_STATE", "Job not running"),
            ),
            Step(ask="GET /airunner/result/json/{id}", status=409, answer=_NOT_READY),
        ],
    ),
    Transcript(
        name="cancel: not found",
        steps=[
            Step(ask=f"DELETE /airunner/cancel/{name}", status=404, answer=_NOT_FOUND)
            for name in (NOBODY, "abc123")
        ],
    ),
]
