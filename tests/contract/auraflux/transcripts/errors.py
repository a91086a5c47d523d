"""What no key opens, what is not there, and what can't be read."""

from __future__ import annotations

from typing import Any

from tests.contract.auraflux.transcripts.common import NOBODY, OTHER, error, invalid, submit, upload, us
from tests.support.transcript import Match, Step, Transcript, like

ROUTES = (
    "POST /jobs",
    "GET /jobs",
    "GET /jobs/{id}",
    "GET /jobs/{id}/result",
    "DELETE /jobs/{id}",
    "POST /jobs/{id}/approve-publish",
    "PATCH /jobs/{id}/schedule",
    "POST /upload",
    "GET /templates",
    "POST /templates",
    "DELETE /templates/{id}",
    "GET /account",
)
_OF_A_JOB = tuple(route for route in ROUTES if "/jobs/{id}" in route)
_WRITES = ("POST /jobs", "DELETE /jobs/{id}", "POST /templates", "DELETE /templates/{id}", "POST /upload")
_BODY = {"publishAt": None}
_NO_JOB = error("not_found", "Job not found")


def _at(route: str) -> str:
    method, _, path = route.partition(" ")
    return f"{method} /auraflux/v1{path}"


def _refused(status: int, answer: Any, *, kind: str = "application/json", **body: Any) -> Step:
    headers = {"Content-Type": kind, **body.pop("headers", {})}
    return us("POST /jobs", status=status, answer=answer, headers=headers, **body)


def _invalid(body: Any, *problems: tuple[str, Any]) -> Step:
    return _refused(400, invalid(*problems), json=body)


TRANSCRIPTS = [
    *[
        Transcript(
            name=f"errors: {what}",
            steps=[
                Step(
                    ask=_at(route.replace("{id}", NOBODY)),
                    headers=headers,
                    status=401,
                    answer=error("unauthorized", message),
                    answer_headers={"WWW-Authenticate": "Bearer"},
                )
                for route in ROUTES
            ],
        )
        for what, headers, message in (
            ("no key", {}, "API key required"),
            ("another scheme", {"Authorization": "Basic dGVzdDp0ZXN0"}, "API key required"),
            ("a key that is none", {"Authorization": "Bearer af_live_nobody"}, "Invalid API key"),
            ("a key of another API", {"Authorization": "Bearer {native_key}"}, "Invalid API key"),
        )
    ],
    Transcript(
        name="errors: a key that may only read",
        steps=[
            Step(
                ask=_at(route.replace("{id}", NOBODY)),
                headers={"Authorization": "Bearer {reader_key}"},
                status=403,
                answer=error("forbidden", like("This key lacks the scope '(jobs:write|files)'; .+")),
            )
            for route in _WRITES
        ],
    ),
    Transcript(
        name="errors: no such job",
        steps=[
            us(route.replace("{id}", unknown), status=404, json=_BODY, answer=_NO_JOB)
            for route in _OF_A_JOB
            for unknown in (NOBODY, "job_12345")
        ],
    ),
    Transcript(
        name="errors: what is another account's does not exist",
        steps=[
            submit(),
            upload(),
            us(
                "POST /templates",
                status=201,
                json={"name": "x", "options": {}},
                answer=Match("a template", lambda value: "id" in value),
            ),
            *[
                Step(ask=_at(route), headers=OTHER, status=404, json=_BODY, answer=_NO_JOB)
                for route in _OF_A_JOB
            ],
            Step(
                ask=_at("POST /jobs"),
                headers=OTHER,
                status=404,
                json={"entry": "upload", "fileId": "{file}"},
                answer=error("not_found", "File not found"),
            ),
            Step(
                ask=_at("POST /jobs"),
                headers=OTHER,
                status=400,
                json={"entry": "prompt", "prompt": "x", "platforms": ["archive"]},
                answer=invalid(("platforms", "there is no destination 'archive'; there are: none")),
            ),
            Step(
                ask=_at("GET /jobs"),
                headers=OTHER,
                status=200,
                answer={"jobs": [], "total": 0, "limit": 20, "offset": 0, "hasMore": False},
            ),
            Step(ask=_at("GET /templates"), headers=OTHER, status=200, answer={"templates": [], "total": 0}),
        ],
    ),
    Transcript(
        name="errors: nothing at this path, and no such method",
        steps=[
            us(
                "GET /nothing",
                status=404,
                answer=error("not_found", "There is nothing at this path; the API begins with /v1"),
            ),
            us(
                "PUT /jobs",
                status=405,
                answer=error("method_not_allowed", "PUT is not possible here; allowed: GET, HEAD, POST"),
                answer_headers={"Allow": "GET, HEAD, POST"},
            ),
        ],
    ),
    Transcript(
        name="errors: a body that can't be read",
        steps=[
            _refused(400, error("bad_request", "The request body is empty; it must be a JSON object")),
            _refused(
                400, error("bad_request", like("The request body is not valid JSON: .+")), body=b'{"entry": '
            ),
            _refused(400, error("bad_request", "The request body is nested too deeply"), body=b"[" * 100_000),
            _refused(
                400,
                error("bad_request", "Send the request as JSON with Content-Type: application/json"),
                body=b"entry=prompt",
                kind="application/x-www-form-urlencoded",
            ),
            _refused(400, invalid(("body", "must be a JSON object")), json=[]),
            _refused(
                413,
                error("too_large", "This is too large: at most 524288 bytes are taken"),
                body=b" " * 600_000,
            ),
        ],
    ),
    Transcript(
        name="errors: a submit that does not fit together",
        steps=[
            _invalid({}, ("entry", "is required")),
            _invalid(
                {"entry": "prompt"},
                ("prompt", "is required where entry is 'prompt': say what the video is about"),
            ),
            _invalid(
                {"entry": "prompt", "prompt": " ", "fileId": "x"},
                ("prompt", like("is required where .+")),
                ("fileId", "goes with entry 'upload' only"),
            ),
            _invalid({"entry": "upload"}, ("fileId", like("is required where entry is 'upload': .+"))),
            _refused(
                404,
                error("not_found", "File not found"),
                json={"entry": "upload", "fileId": NOBODY},
            ),
            _refused(
                404,
                error("not_found", "Template not found"),
                json={"entry": "prompt", "prompt": "x", "fromTemplateId": "my-template"},
            ),
            _invalid(
                {"entry": "prompt", "prompt": "x", "platforms": ["archive", "youtube"]},
                ("platforms", "there is no destination 'youtube'; there are: archive, mirror"),
            ),
            _invalid(
                {"entry": "prompt", "prompt": "x", "options": {"resolution": 4}},
                ("options.resolution", "must be 360, 480, 540, 720 or 1080"),
            ),
            _refused(
                400,
                error("bad_request", like("Field 'webhookUrl' is not valid: .+")),
                json={"entry": "prompt", "prompt": "x", "webhookUrl": "http://10.0.0.1/hook"},
            ),
            _refused(
                400,
                error("bad_request", like("Idempotency-Key must be 1 to 255 .+")),
                json={"entry": "prompt", "prompt": "x"},
                headers={"Idempotency-Key": "x" * 256},
            ),
            us(
                "GET /jobs?status=done&limit=x",
                status=400,
                answer=invalid(
                    ("limit", like("must be a valid integer.*")),
                    (
                        "status",
                        "must be 'queued', 'running', 'staged', 'complete', 'published', 'failed' or 'cancelled'",
                    ),
                ),
            ),
            us(
                "GET /jobs?limit=1&limit=2",
                status=400,
                answer=invalid(("limit", "stands twice; send it once")),
            ),
        ],
    ),
]
