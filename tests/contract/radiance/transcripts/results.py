"""Seed 002, «Client API»: results as JSON and as files."""

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
    submit_text,
)
from tests.support.transcript import ISO, TOKEN, File, Step, Transcript

_NOT_READY = error("NOT_READY", "Result not available yet")
_NOT_FOUND = error("NOT_FOUND", "Job not found")

TRANSCRIPTS = [
    Transcript(
        name="result: not found, not ready",
        steps=[
            Step(ask=f"GET /airunner/result/json/{NOBODY}", status=404, answer=_NOT_FOUND),
            Step(ask=f"GET /airunner/result/file/{NOBODY}", status=404, answer=_NOT_FOUND),
            submit_text(),
            Step(ask="GET /airunner/result/json/{id}", status=409, answer=_NOT_READY),
            Step(ask="GET /airunner/result/file/{id}", status=409, answer=_NOT_READY),
        ],
    ),
    Transcript(
        name="result: JSON and file, whole and in part",
        steps=[
            Step(
                ask="POST /airunner/submit",
                form=[("model", "image-classification"), ("file", IMAGE), ("payload", '{"top_k": 5}')],
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
                        "payload": {"top_k": 5},
                        "priority": 1,
                        "upload_key": "uploads/{id}/cat.png",
                        "upload_mime": "image/png",
                        "claim_token": TOKEN.saved_as("token"),
                    }
                ),
            ),
            Step(
                ask="POST /airunner/agent/return/{id}",
                headers=CLAIM,
                form=[
                    ("data", '{"predictions": [{"label": "cat", "confidence": 0.95}]}'),
                    ("file", File(jpeg(), "output.jpg", "image/jpeg")),
                    ("meta", '{"processing_time_ms": 2450, "model_version": "v2.1"}'),
                ],
                status=200,
                answer=done(
                    {
                        "id": "{id}",
                        "status": "completed",
                        "result_key": "results/{id}/result.json",
                        "result_file_key": "results/{id}/output.jpg",
                    }
                ),
            ),
            Step(
                ask="GET /airunner/result/json/{id}",
                status=200,
                answer={
                    "id": "{id}",
                    "finished_at": ISO,
                    "agent": "compute-node-01",
                    "model": "image-classification",
                    "payload": {"top_k": 5},
                    "upload_key": "uploads/{id}/cat.png",
                    "result": {"predictions": [{"label": "cat", "confidence": 0.95}]},
                    "output": {
                        "type": "file",
                        "file_key": "results/{id}/output.jpg",
                        "filename": "output.jpg",
                        "content_type": "image/jpeg",
                    },
                    "meta": {"processing_time_ms": 2450, "model_version": "v2.1"},
                },
            ),
            Step(
                ask="GET /airunner/result/file/{id}",
                status=200,
                answer_bytes=jpeg(),
                answer_headers={
                    "Content-Type": "image/jpeg",
                    "Content-Disposition": 'attachment; filename="output.jpg"',
                    "Content-Length": str(len(jpeg())),
                    "Accept-Ranges": "bytes",
                },
            ),
            Step(
                ask="GET /airunner/result/file/{id}",
                headers={"Range": "bytes=6-9"},
                status=206,
                answer_bytes=b"JFIF",
                answer_headers={"Content-Range": f"bytes 6-9/{len(jpeg())}"},
            ),
            Step(
                ask="GET /airunner/result/file/{id}",
                headers={"Range": "bytes=100000-"},
                status=416,
                answer=error("RANGE_NOT_SATISFIABLE", f"The file has {len(jpeg())} bytes"),
                answer_headers={"Content-Range": f"bytes */{len(jpeg())}"},
            ),
        ],
    ),
    Transcript(
        name="result: no file",
        steps=[
            submit_text(),
            claim_text(),
            Step(
                ask="POST /airunner/agent/return/{id}",
                headers=CLAIM,
                json={"data": [1, 2]},
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
                ask="GET /airunner/result/file/{id}",
                status=404,
                answer=error("NO_FILE", "This result has no file"),
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
                    "result": [1, 2],
                },
            ),
        ],
    ),
]
