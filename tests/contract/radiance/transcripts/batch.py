"""Seed 002, «submit/batch»."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from tests.contract.radiance.transcripts.common import done, error, jpeg, png
from tests.support.transcript import ISO, UUID, Match, Step, Transcript, like

_PATH = "POST /airunner/submit/batch"
_JPEG = f"data:image/jpeg;base64,{b64encode(jpeg()).decode()}"
_PNG = f"data:image/png;base64,{b64encode(png()).decode()}"
_TEXT = {"model": "text-generation", "payload": {"prompt": "Hello world", "max_tokens": 50}}


def _job(
    model: str, priority: int = 1, *, upload: str | None = None, mime: str | None = None
) -> dict[str, Any]:
    return {
        "id": UUID,
        "model": model,
        "priority": priority,
        "status": "queued",
        "created_at": ISO,
        "upload_key": None if upload is None else like(f"uploads/.+/{upload}"),
        "upload_mime": mime,
    }


def _alone(name: str, job: Any, message: str | Match) -> Transcript:
    """A bad job fails by itself, and the good one beside it is stored."""
    answer = {
        "submitted": 1,
        "failed": 1,
        "jobs": [_job("text-generation")],
        "errors": [{"index": 0, "error": message}],
    }
    step = Step(ask=_PATH, json={"jobs": [job, _TEXT]}, status=200, answer=done(answer))
    return Transcript(name=name, steps=[step])


def _whole(name: str, body: Any, message: str | Match) -> Transcript:
    step = Step(ask=_PATH, json=body, status=400, answer=error("BAD_REQUEST", message))
    return Transcript(name=name, steps=[step])


def _image(file: Any) -> dict[str, Any]:
    return {"model": "image-classification", "file_base64": file, "filename": "a.jpg"}


TRANSCRIPTS = [
    Transcript(
        name="batch: the documented example",
        steps=[
            Step(
                ask=_PATH,
                json={
                    "jobs": [
                        {
                            "model": "image-classification",
                            "file_base64": _JPEG,
                            "filename": "image1.jpg",
                            "payload": {"top_k": 5},
                            "priority": "normal",
                            "webhook_url": "http://127.0.0.1:9/webhook",
                        },
                        {**_TEXT, "priority": "high"},
                    ]
                },
                status=200,
                answer=done(
                    {
                        "submitted": 2,
                        "failed": 0,
                        "jobs": [
                            _job("image-classification", upload="image1.jpg", mime="image/jpeg"),
                            _job("text-generation", 2),
                        ],
                    }
                ),
            ),
        ],
    ),
    Transcript(
        name="batch: two files",
        steps=[
            Step(
                ask=_PATH,
                json={
                    "jobs": [
                        {**_image(_JPEG), "filename": "cat.jpg"},
                        {**_image(_PNG), "filename": "dog.png", "priority": 0},
                    ]
                },
                status=200,
                answer=done(
                    {
                        "submitted": 2,
                        "failed": 0,
                        "jobs": [
                            _job("image-classification", upload="cat.jpg", mime="image/jpeg"),
                            _job("image-classification", 0, upload="dog.png", mime="image/png"),
                        ],
                    }
                ),
            ),
        ],
    ),
    _alone("batch: unknown model", {"model": "invalid-model"}, "Model 'invalid-model' is invalid"),
    _alone("batch: no model", {"payload": {}}, "Model ID is required"),
    _alone("batch: a model that is no text", {"model": 5}, "Model ID is required"),
    _alone(
        "batch: file missing",
        {"model": "image-classification"},
        "Model 'image-classification' requires a file",
    ),
    _alone(
        "batch: file not wanted",
        {**_TEXT, "file_base64": _PNG},
        "Model 'text-generation' does not take a file",
    ),
    _alone(
        "batch: bad payload",
        {"model": "text-generation", "payload": {}},
        "Payload validation failed: Missing required field: prompt",
    ),
    _alone("batch: bad priority", {**_TEXT, "priority": 9}, like("Field 'priority' must be .*")),
    _alone(
        "batch: webhook inside the site",
        {**_TEXT, "webhook_url": "http://10.1.2.3/"},
        like("Field 'webhook_url' is not valid: .*"),
    ),
    _alone("batch: no object", "job", "A job must be a JSON object"),
    _alone(
        "batch: no data URL",
        _image(b64encode(png()).decode()),
        "Field 'file_base64' must be a data URL: data:<mime-type>;base64,<base64-data>",
    ),
    _alone(
        "batch: bad base64",
        _image("data:image/png;base64,iVBO*Rw0KG="),
        "Field 'file_base64' is not valid base64",
    ),
    _alone(
        "batch: base64 cut short",
        _image("data:image/png;base64,iVBORw0KG"),
        "Field 'file_base64' is not valid base64",
    ),
    _alone("batch: file_base64 is no text", _image(17), "Field 'file_base64' must be a string"),
    _alone(
        "batch: type not allowed",
        _image("data:image/png;base64," + b64encode(b"%PDF-1.7 ...").decode()),
        "Model 'image-classification' does not support type: application/pdf sent as image/png",
    ),
    Transcript(
        name="batch: escaped slashes in base64 (as PHP writes them)",
        steps=[
            Step(
                ask=_PATH,
                headers={"Content-Type": "application/json"},
                body=(
                    '{"jobs":[{"model":"image-classification","file_base64":"'
                    + _JPEG.replace("/", "\\/")
                    + '","filename":"a.jpg"}]}'
                ).encode(),
                status=200,
                answer=done(
                    {
                        "submitted": 1,
                        "failed": 0,
                        "jobs": [_job("image-classification", upload="a.jpg", mime="image/jpeg")],
                    }
                ),
            ),
        ],
    ),
    _whole("batch: empty", {"jobs": []}, "Field 'jobs' must hold 1 to 100 jobs, not 0"),
    _whole("batch: too many", {"jobs": [_TEXT] * 101}, "Field 'jobs' must hold 1 to 100 jobs, not 101"),
    _whole("batch: no list", {"jobs": {}}, "Field 'jobs' must be a list of 1 to 100 jobs"),
    _whole("batch: no jobs", {}, "Field 'jobs' must be a list of 1 to 100 jobs"),
    Transcript(
        name="batch: broken JSON and wrong content type",
        steps=[
            Step(
                ask=_PATH,
                body=b'{"jobs": [',
                headers={"Content-Type": "application/json"},
                status=400,
                answer=error("BAD_REQUEST", like("The request body is not valid JSON: .*")),
            ),
            Step(
                ask=_PATH,
                body=b"{}",
                headers={"Content-Type": "text/plain"},
                status=400,
                answer=error("BAD_REQUEST", "Content-Type must be application/json"),
            ),
        ],
    ),
]
