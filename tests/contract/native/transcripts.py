"""Each documented exchange of seed 004, with what we answer beside the documented fields."""

from __future__ import annotations

from typing import Any

from tests.support.transcript import ISO, Match, Step, Transcript, like

AUTH = {"Authorization": "Bearer {key}"}
JOB = like(r"job_[0-9a-f]{32}")
NUMBER_OR_NULL = Match("a number or null", lambda value: value is None or isinstance(value, int | float))
TEXT = Match("text", lambda value: isinstance(value, str) and value != "")
#: Why a queued job waits depends on who is online.
WAITING = Match("a reason or null", lambda value: value is None or set(value) >= {"code", "message"})

#: Defaults of the model.
RETRY = Match("a retry policy", lambda value: isinstance(value, dict) and value["max_attempts"] == 3)

#: What every job has beside the documented fields.
OURS: dict[str, Any] = {
    "priority": "normal", "platform": "any", "pool": "text-generation", "attempt": 0, "failure": None,
    "exit_code": None, "retry_of": None, "run_at": None, "publish_at": None, "waiting_reason": WAITING,
}  # fmt: skip
MORE: dict[str, Any] = {
    "progress_message": None, "max_attempts": 3, "timeout_seconds": 3600.0,
    "retry": RETRY, "queue_timeout_s": None, "start_by": None,
    "estimated_wait_seconds": NUMBER_OR_NULL,
    "input_file": None, "result_file": None, "extra_files": [], "download_url": None, "staging": False,
    "awaits_approval": False, "approved_at": None, "publications": [], "template_id": None, "webhook_url": None,
}  # fmt: skip


def queued(**changes: Any) -> dict[str, Any]:
    """A job that waits."""
    return {
        "job_id": "{job}", "status": "queued", "progress": 0, "miner_id": None, "created_at": ISO,
        "started_at": None, "completed_at": None, "model": "text-generation", **OURS, **changes,
    }  # fmt: skip


def error(code: str, details: Any = None) -> dict[str, Any]:
    return {"error": {"code": code, "message": TEXT, "details": {} if details is None else details}}


SUBMIT = Step(
    ask="POST /v1/jobs",
    headers=AUTH,
    json={
        "model": "text-generation",
        "input": "A headrace is",
        "output_config": {"destination": "local", "format": "json"},
        "requirements": {"gpu_count": 0},
        "priority": "normal",
        "timeout_seconds": 3600,
    },
    status=201,
    answer={
        "job_id": JOB.saved_as("job"),
        "estimated_cost": NUMBER_OR_NULL,
        "estimated_time_seconds": NUMBER_OR_NULL,
        "status": "queued",
        "model": "text-generation",
        "priority": "normal",
        "platform": "any",
        "pool": "text-generation",
        "created_at": ISO,
        "retry_of": None,
    },
    answer_headers={
        "Location": like(r"/v1/jobs/job_[0-9a-f]{32}"),
        "X-RateLimit-Limit": "60",
        "X-RateLimit-Limit-Hour": "1000",
    },
)
CLAIM = Step(
    ask="POST /radiance/airunner/agent/claim",
    headers={
        "Authorization": "Bearer {agent}",
        "x-agent-id": "miner_xyz789",
        "x-agent-models": "text-generation",
    },
    status=200,
    answer={
        "success": True,
        "result": {
            "id": TEXT.saved_as("uuid"),
            "model": "text-generation",
            "payload": {"prompt": "A headrace is"},
            "priority": 1,
            "upload_key": None,
            "upload_mime": None,
            "claim_token": TEXT.saved_as("claim"),
        },
    },
)
RETURN = Step(
    ask="POST /radiance/airunner/agent/return/{uuid}",
    headers={"Authorization": "Bearer {agent}", "x-claim-token": "{claim}"},
    form=[("data", '{"text": "a channel"}'), ("meta", "{}")],
    status=200,
    answer={"success": True, "result": Match("a result", lambda value: isinstance(value, dict))},
)
CANCEL = Step(
    ask="DELETE /v1/jobs/{job}",
    headers=AUTH,
    status=200,
    answer={"job_id": "{job}", "status": "cancelled", "cancelled_at": ISO},
)
FINISHED = {
    "job_id": "{job}", "status": "completed", "progress": 100, "miner_id": "miner_xyz789", "created_at": ISO,
    "started_at": ISO, "completed_at": ISO, "model": "text-generation", **OURS, "attempt": 1,
}  # fmt: skip

TRANSCRIPTS = [
    Transcript(name="Submit Job", steps=[SUBMIT]),
    Transcript(
        name="Get Job Status",
        steps=[
            SUBMIT,
            Step(
                ask="GET /v1/jobs/{job}",
                headers=AUTH,
                status=200,
                answer={**queued(), **MORE, "result": None},
            ),
            CLAIM,
            Step(
                ask="GET /v1/jobs/{job}",
                headers=AUTH,
                status=200,
                answer={
                    **queued(status="running", miner_id="miner_xyz789", started_at=ISO, attempt=1),
                    **MORE,
                    "result": None,
                },
            ),
            RETURN,
            Step(
                ask="GET /v1/jobs/{uuid}",  # a plain UUID is taken, too
                headers=AUTH,
                status=200,
                answer={
                    **FINISHED,
                    **MORE,
                    "download_url": "/v1/jobs/{job}/download",
                    "result": {"text": "a channel"},
                },
            ),
        ],
    ),
    Transcript(
        name="List Jobs",
        steps=[
            SUBMIT,
            CLAIM,
            Step(
                ask="GET /v1/jobs?status=running&limit=10",
                headers=AUTH,
                status=200,
                answer={
                    "jobs": [queued(status="running", miner_id="miner_xyz789", started_at=ISO, attempt=1)],
                    "total": 1,
                    "has_more": False,
                    "next_cursor": None,
                },
            ),
            RETURN,
            Step(
                ask="GET /v1/jobs?status=running&limit=10",
                headers=AUTH,
                status=200,
                answer={"jobs": [], "total": 0, "has_more": False, "next_cursor": None},
            ),
        ],
    ),
    Transcript(
        name="Cancel Job",
        steps=[
            SUBMIT,
            CANCEL,
            Step(ask="DELETE /v1/jobs/{job}", headers=AUTH, status=409, answer=error("invalid_state")),
        ],
    ),
    Transcript(
        name="Download Results",
        steps=[
            SUBMIT,
            Step(ask="GET /v1/jobs/{job}/download", headers=AUTH, status=409, answer=error("not_ready")),
            CLAIM,
            RETURN,
            Step(
                ask="GET /v1/jobs/{job}/download",
                headers=AUTH,
                status=200,
                answer={"text": "a channel"},
                answer_headers={"Content-Disposition": 'attachment; filename="{job}.json"'},
            ),
        ],
    ),
    Transcript(
        name="Get Job History",
        steps=[
            SUBMIT,
            CANCEL,
            Step(
                ask="GET /v1/jobs/history?from=2026-01-01&to={today}",
                headers=AUTH,
                status=200,
                answer={
                    "jobs": [queued(status="cancelled", completed_at=ISO)],
                    "total": 1,
                    "has_more": False,
                    "next_cursor": None,
                },
            ),
            Step(
                ask="GET /v1/jobs/history?from=2026-01-01&to=2026-01-31",
                headers=AUTH,
                status=200,
                answer={"jobs": [], "total": 0, "has_more": False, "next_cursor": None},
            ),
        ],
    ),
    Transcript(
        name="Error Codes",
        steps=[
            Step(
                ask="POST /v1/jobs",
                headers={**AUTH, "Content-Type": "application/json"},
                body=b'{"model": ',
                status=400,
                answer=error("bad_request"),
            ),
            Step(
                ask="GET /v1/jobs",
                status=401,
                answer=error("unauthorized"),
                answer_headers={"WWW-Authenticate": "Bearer"},
            ),
            Step(
                ask="GET /v1/jobs",
                headers={"Authorization": "Bearer {auraflux_key}"},
                status=401,
                answer=error("unauthorized"),
            ),
            Step(ask="GET /v1/jobs/job_abc123", headers=AUTH, status=404, answer=error("not_found")),
            Step(
                ask="POST /v1/jobs",
                headers=AUTH,
                json={"model": "text-generation", "timeout_seconds": "long", "colour": "red"},
                status=422,
                answer=error(
                    "validation_error",
                    [
                        {"field": "timeout_seconds", "message": "Input should be a valid integer"},
                        {"field": "colour", "message": "is not a known field"},
                    ],
                ),
            ),
            Step(ask="GET /v1/nothing", status=404, answer=error("not_found")),
            Step(ask="GET /nothing", status=404, answer=error("not_found")),
            Step(
                ask="PUT /v1/jobs",
                status=405,
                answer=error("method_not_allowed"),
                answer_headers={"Allow": "GET, HEAD, POST"},
            ),
            Step(
                ask="POST /v1/jobs",
                headers={**AUTH, "Content-Type": "text/plain"},
                body=b"{}",
                status=415,
                answer=error("unsupported_media_type"),
            ),
        ],
    ),
]
