"""Seed 002, every documented error of a submit, and what else can be wrong with one."""

from __future__ import annotations

from tests.contract.radiance.transcripts.common import IMAGE, PDF, error, png
from tests.support.transcript import File, Match, Step, Transcript, like

_IMAGES = ["image/jpeg", "image/png", "image/webp", "image/gif"]
_JSON = {"Content-Type": "application/json"}
_TEXT: list[tuple[str, str | File]] = [("model", "text-generation"), ("payload", '{"prompt": "x"}')]


def _refused(
    name: str,
    form: list[tuple[str, str | File]],
    status: int,
    code: str,
    message: str | Match,
    **more: object,
) -> Transcript:
    step = Step(ask="POST /airunner/submit", form=form, status=status, answer=error(code, message, **more))
    return Transcript(name=name, steps=[step])


def _raw(name: str, ask: str, body: bytes, content_type: str, code: str, message: str | Match) -> Transcript:
    step = Step(
        ask=ask, body=body, headers={"Content-Type": content_type}, status=400, answer=error(code, message)
    )
    return Transcript(name=name, steps=[step])


def _image(file: File, *more: tuple[str, str | File]) -> list[tuple[str, str | File]]:
    return [("model", "image-classification"), ("file", file), *more]


TRANSCRIPTS = [
    _refused("missing model", [("payload", "{}")], 400, "MISSING_MODEL", "Model ID is required"),
    _refused("empty model", [("model", "")], 400, "MISSING_MODEL", "Model ID is required"),
    _refused(
        "unknown model",
        [("model", "wrong-model-id")],
        400,
        "INVALID_MODEL",
        "Unknown model: wrong-model-id. Use /airunner/models to see available models",
    ),
    _refused(
        "file required",
        [("model", "image-classification")],
        400,
        "FILE_REQUIRED",
        "Model 'image-classification' requires a file",
    ),
    _refused(
        "an empty file is none",
        _image(File(b"", "cat.png", "image/png")),
        400,
        "FILE_REQUIRED",
        "Model 'image-classification' requires a file",
    ),
    _refused(
        "file not wanted",
        [*_TEXT, ("file", IMAGE)],
        400,
        "BAD_REQUEST",
        "Model 'text-generation' does not take a file",
    ),
    _refused(
        "file not wanted, before the model",
        [("file", IMAGE), *_TEXT],
        400,
        "BAD_REQUEST",
        "Model 'text-generation' does not take a file",
    ),
    _refused("two files", _image(IMAGE, ("file", IMAGE)), 400, "BAD_REQUEST", like("Send one file only.*")),
    _refused(
        "payload: every problem at once",
        [("model", "text-generation"), ("payload", '{"temperature": "hot"}')],
        400,
        "INVALID_PAYLOAD",
        "Payload validation failed",
        details=["Missing required field: prompt", "Field 'temperature' must be a number"],
    ),
    _refused(
        "payload: broken JSON",
        [("model", "text-generation"), ("payload", '{"prompt": ')],
        400,
        "INVALID_PAYLOAD",
        "Payload validation failed",
        details=[like("Payload is not valid JSON: .*")],
    ),
    _refused(
        "payload: no object",
        [("model", "text-generation"), ("payload", '"text"')],
        400,
        "INVALID_PAYLOAD",
        "Payload validation failed",
        details=["Payload must be a JSON object"],
    ),
    _refused(
        "payload: nested without end",
        [("model", "text-generation"), ("payload", '{"prompt":' + "[" * 20_000)],
        400,
        "INVALID_PAYLOAD",
        "Payload validation failed",
        details=[like("Payload is nested too deeply|Payload is not valid JSON.*")],
    ),
    _refused(
        "type by content: a PDF",
        _image(File(PDF, "cat.jpg", "application/pdf")),
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        "Model 'image-classification' does not support type: application/pdf",
        allowedTypes=_IMAGES,
    ),
    _refused(
        "type by content: a PDF that says it is a JPEG",
        _image(File(PDF, "cat.jpg", "image/jpeg")),
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        "Model 'image-classification' does not support type: application/pdf sent as image/jpeg",
        allowedTypes=_IMAGES,
    ),
    _refused(
        "type by content: a PDF before the model",
        [("file", File(PDF, "cat.jpg", None)), ("model", "image-classification")],
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        "Model 'image-classification' does not support type: application/pdf",
        allowedTypes=_IMAGES,
    ),
    _refused(
        "priority",
        [*_TEXT, ("priority", "soon")],
        400,
        "BAD_REQUEST",
        "Field 'priority' must be low, normal, high, urgent or a number from 0 to 3",
    ),
    _refused(
        "priority out of range", [*_TEXT, ("priority", "4")], 400, "BAD_REQUEST", like("Field 'priority'.*")
    ),
    *(
        _refused(
            f"webhook {url}",
            [*_TEXT, ("webhook_url", url)],
            400,
            "BAD_REQUEST",
            like("Field 'webhook_url' is not valid: .+"),
        )
        for url in (
            "ftp://example.com/x",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "not a url",
            "http://",
            "http://10.0.0.1/x",
            "http://192.168.1.1:8080/",
            "http://169.254.169.254/latest/meta-data/",
            "http://[fd00::1]/",
            "http://user:secret@example.com/",
            "http://0x7f.1/",
            "https://db.internal/",
        )
    ),
    _refused(
        "a field twice",
        [*_TEXT, ("model", "text-to-speech")],
        400,
        "BAD_REQUEST",
        "Field 'model' stands twice",
    ),
    _refused(
        "a file as the payload field's size",
        [("model", "text-generation"), ("payload", "x" * 600_000)],
        400,
        "BAD_REQUEST",
        like("Field 'payload' has more than .*"),
    ),
    _raw(
        "wrong content type",
        "POST /airunner/submit",
        b"model=text-generation",
        "application/x-www-form-urlencoded",
        "BAD_REQUEST",
        "Content-Type must be multipart/form-data, or application/json without a file",
    ),
    _raw(
        "multipart without boundary",
        "POST /airunner/submit",
        b"x",
        "multipart/form-data",
        "BAD_REQUEST",
        "The multipart body has no usable boundary",
    ),
    _raw(
        "malformed multipart",
        "POST /airunner/submit",
        b"this is no multipart body",
        "multipart/form-data; boundary=b",
        "BAD_REQUEST",
        "The multipart body is malformed",
    ),
    _raw(
        "multipart that stops half way",
        "POST /airunner/submit",
        b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\ntext-gen',
        "multipart/form-data; boundary=b",
        "BAD_REQUEST",
        "The multipart body is malformed",
    ),
    _raw(
        "broken JSON",
        "POST /airunner/submit",
        b'{"model": ',
        "application/json",
        "BAD_REQUEST",
        like("The request body is not valid JSON: .*"),
    ),
    _raw(
        "JSON that is no object",
        "POST /airunner/submit",
        b"[]",
        "application/json",
        "BAD_REQUEST",
        "The request body must be a JSON object",
    ),
    Transcript(
        name="unknown paths and methods",
        steps=[
            Step(
                ask="GET /airunner/nothing-here",
                status=404,
                answer=error("NOT_FOUND", "Resource not found"),
            ),
            Step(ask="GET /", status=404, answer=error("NOT_FOUND", "Resource not found")),
            Step(
                ask="GET /airunner/submit",
                status=405,
                answer=error("METHOD_NOT_ALLOWED", "Method GET not allowed. Allowed: POST"),
                answer_headers={"Allow": "POST"},
            ),
            Step(
                ask="POST /airunner/models",
                status=405,
                answer=error("METHOD_NOT_ALLOWED", "Method POST not allowed. Allowed: GET, HEAD"),
                answer_headers={"Allow": "GET, HEAD"},
            ),
        ],
    ),
    Transcript(
        name="a PNG named otherwise is taken for what it is",
        steps=[
            Step(
                ask="POST /airunner/submit",
                form=_image(File(png(1), "cat.bin", "application/octet-stream")),
                status=201,
                answer=Match("created", lambda body: body["result"]["upload_mime"] == "image/png"),
            ),
        ],
    ),
]
