"""Seed 002, «Agent API»."""

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
    png,
    status,
    submit_text,
)
from tests.support.transcript import ISO, TOKEN, File, Step, Transcript

_UNAUTHORIZED = error("UNAUTHORIZED", "Agent auth required")
_FORBIDDEN = error("FORBIDDEN", "Invalid claim token")
_NOT_RUNNING = error("INVALID_STATE", "Job not running")
_ROUTES = (
    "POST /airunner/agent/claim",
    "GET /airunner/agent/get/{id}",
    "POST /airunner/agent/return/{id}",
    "POST /airunner/agent/failed/{id}",
    "POST /airunner/agent/heartbeat/{id}",
    "POST /airunner/agent/handback/{id}",
)
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def _completed(file: str | None = None) -> dict[str, object]:
    return done(
        {
            "id": "{id}",
            "status": "completed",
            "result_key": "results/{id}/result.json",
            "result_file_key": file,
        }
    )


TRANSCRIPTS = [
    Transcript(
        name="agent: no token, wrong token, other scheme",
        steps=[
            Step(ask=ask.replace("{id}", NOBODY), headers=headers, status=401, answer=_UNAUTHORIZED)
            for ask in _ROUTES
            for headers in (
                {},
                {"Authorization": "Bearer wrong"},
                {"Authorization": "Basic dGVzdDp0ZXN0"},
                {"Authorization": "Bearer"},
            )
        ],
    ),
    Transcript(
        name="claim: nothing waits",
        steps=[Step(ask="POST /airunner/agent/claim", headers=AGENT, status=204)],
    ),
    Transcript(
        name="claim: only models and platforms that the agent states",
        steps=[
            submit_text(),
            Step(
                ask="POST /airunner/agent/claim",
                headers={**AGENT, "x-agent-models": "text-to-speech, image-generation"},
                status=204,
            ),
            Step(
                ask="POST /airunner/agent/claim",
                headers={**AGENT, "x-agent-platform": "windows"},
                status=400,
                answer=error(
                    "BAD_REQUEST", "Header 'x-agent-platform' must be one of: linux-amd64, linux-arm64"
                ),
            ),
            Step(
                ask="POST /airunner/agent/claim",
                headers={**AGENT, "x-agent-models": "text-generation", "x-agent-platform": "linux/amd64"},
                status=200,
                answer=claim_text().answer,
            ),
        ],
    ),
    Transcript(
        name="get: the input file",
        steps=[
            Step(
                ask="POST /airunner/submit",
                form=[("model", "image-classification"), ("file", IMAGE)],
                status=201,
                answer=created("image-classification", upload="cat.png", mime="image/png"),
            ),
            Step(
                ask="POST /airunner/agent/claim",
                headers=AGENT,
                status=200,
                answer=done(
                    {
                        "id": "{id}",
                        "model": "image-classification",
                        "payload": {},
                        "priority": 1,
                        "upload_key": "uploads/{id}/cat.png",
                        "upload_mime": "image/png",
                        "claim_token": TOKEN.saved_as("token"),
                    }
                ),
            ),
            Step(
                ask="GET /airunner/agent/get/{id}",
                headers=CLAIM,
                status=200,
                answer_bytes=png(),
                answer_headers={
                    "Content-Type": "image/png",
                    "Content-Disposition": 'attachment; filename="cat.png"',
                },
            ),
            Step(ask="GET /airunner/agent/get/{id}", headers=AGENT, status=403, answer=_FORBIDDEN),
            Step(
                ask="GET /airunner/agent/get/{id}",
                headers={**AGENT, "x-claim-token": "wrong"},
                status=403,
                answer=_FORBIDDEN,
            ),
            Step(
                ask="POST /airunner/agent/heartbeat/{id}",
                headers=CLAIM,
                status=200,
                answer=done({"id": "{id}", "status": "running", "lease_s": 1800.0}),
            ),
            Step(
                ask="POST /airunner/agent/return/{id}",
                headers=CLAIM,
                form=[("file", File(png(7), "output.png", "image/png"))],
                status=200,
                answer=_completed("results/{id}/output.png"),
            ),
            Step(ask="GET /airunner/agent/get/{id}", headers=CLAIM, status=409, answer=_NOT_RUNNING),
            Step(ask="GET /airunner/result/file/{id}", status=200, answer_bytes=png(7)),
        ],
    ),
    Transcript(
        name="handback (ours): the job waits again, the token is dead, the next claim gets it",
        steps=[
            submit_text(),
            claim_text(),
            Step(
                ask="POST /airunner/agent/handback/{id}",
                headers=CLAIM,
                json={"reason": "the machine is going down"},
                status=200,
                answer=done({"id": "{id}", "status": "queued"}),
            ),
            Step(
                ask="POST /airunner/agent/return/{id}",
                headers=CLAIM,
                json={"data": 1},
                status=403,
                answer=_FORBIDDEN,
            ),
            claim_text(),
            Step(
                ask="POST /airunner/agent/return/{id}",
                headers=CLAIM,
                json={"data": 1},
                status=200,
                answer=_completed(),
            ),
        ],
    ),
    Transcript(
        name="get: no file, unknown job",
        steps=[
            submit_text(),
            claim_text(),
            Step(
                ask="GET /airunner/agent/get/{id}",
                headers=CLAIM,
                status=404,
                answer=error("NO_UPLOAD", "Job has no uploaded file"),
            ),
            Step(
                ask=f"GET /airunner/agent/get/{NOBODY}",
                headers=CLAIM,
                status=404,
                answer=error("NOT_FOUND", "Job not found"),
            ),
        ],
    ),
    Transcript(
        name="return: wrong type, wrong token, then JSON, then again",
        steps=[
            submit_text(),
            claim_text(),
            Step(
                ask="POST /airunner/agent/return/{id}",
                headers={**CLAIM, "Content-Type": "text/plain"},
                body=b"result",
                status=415,
                answer=error("UNSUPPORTED_MEDIA_TYPE", "Use JSON or multipart"),
            ),
            Step(
                ask="POST /airunner/agent/return/{id}",
                headers={**AGENT, "x-claim-token": "wrong"},
                json={"data": {}},
                status=403,
                answer=_FORBIDDEN,
            ),
            Step(
                ask="POST /airunner/agent/return/{id}",
                headers={**CLAIM, "Content-Type": "application/json"},
                body=b'{"data": ',
                status=400,
                answer=error("BAD_REQUEST", "The request body is not valid JSON: Input data was truncated"),
            ),
            Step(
                ask="POST /airunner/agent/return/{id}",
                headers=CLAIM,
                json={
                    "data": {"predictions": [{"label": "cat", "confidence": 0.95}]},
                    "meta": {"processing_time_ms": 2450, "model_version": "v2.1"},
                },
                status=200,
                answer=_completed(),
            ),
            Step(
                ask="POST /airunner/agent/return/{id}",
                headers=CLAIM,
                json={"data": {"predictions": []}},
                status=409,
                answer=_NOT_RUNNING,
            ),
            Step(
                ask="POST /airunner/agent/failed/{id}",
                headers=CLAIM,
                json={"reason": "late"},
                status=409,
                answer=_NOT_RUNNING,
            ),
        ],
    ),
    Transcript(
        name="return: a urlencoded form (use case 4)",
        steps=[
            submit_text(),
            claim_text(),
            Step(
                ask="POST /airunner/agent/return/{id}",
                headers={**CLAIM, **_FORM},
                body=b"data=%7B%22generated_text%22%3A+%22a%26b%22%7D&meta=%7B%22agent%22%3A+%22n%22%7D",
                status=200,
                answer=_completed(),
            ),
            Step(
                ask="GET /airunner/result/json/{id}",
                status=200,
                answer={
                    "id": "{id}",
                    "finished_at": ISO,
                    "agent": "compute-node-01",
                    "model": "text-generation",
                    "payload": {"prompt": "Once upon a time"},
                    "upload_key": None,
                    "result": {"generated_text": "a&b"},
                    "meta": {"agent": "n"},
                },
            ),
        ],
    ),
    Transcript(
        name="failed: the reason is kept",
        steps=[
            submit_text(),
            claim_text(),
            Step(
                ask="POST /airunner/agent/failed/{id}",
                headers={**AGENT, "x-claim-token": "wrong"},
                json={"reason": "x"},
                status=403,
                answer=_FORBIDDEN,
            ),
            Step(
                ask="POST /airunner/agent/failed/{id}",
                headers=CLAIM,
                json={"reason": "Model inference failed: CUDA out of memory"},
                status=200,
                answer=done(
                    {
                        "id": "{id}",
                        "status": "failed",
                        "reason": "Model inference failed: CUDA out of memory",
                    }
                ),
            ),
            Step(
                ask="GET /airunner/status/{id}",
                status=200,
                answer=status(
                    "failed",
                    started=True,
                    finished=True,
                    failure_reason="Model inference failed: CUDA out of memory",
                ),
            ),
            Step(
                ask="GET /airunner/result/json/{id}",
                status=409,
                answer=error("NOT_READY", "Result not available yet"),
            ),
            Step(
                ask="DELETE /airunner/cancel/{id}",
                status=409,
                answer=error("ALREADY_FINISHED", "Cannot cancel completed or failed job"),
            ),
        ],
    ),
    Transcript(
        name="failed: a crash is tried again, as one of any agent (ours)",
        steps=[
            submit_text(),
            claim_text(),
            Step(
                ask="POST /airunner/agent/failed/{id}",
                headers=CLAIM,
                json={"reason": "signal 9", "code": "crash"},
                status=200,
                answer=done({"id": "{id}", "status": "failed", "reason": "signal 9"}),
            ),
            Step(
                ask="POST /airunner/agent/failed/{id}",
                headers=CLAIM,
                json={"reason": "signal 9", "code": "crash"},
                status=403,
                answer=_FORBIDDEN,
            ),
            Step(
                ask="DELETE /airunner/cancel/{id}",
                status=200,
                answer=done({"id": "{id}", "status": "cancelled", "cancelled_at": ISO}),
            ),
        ],
    ),
]
