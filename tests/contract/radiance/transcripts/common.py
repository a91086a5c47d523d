"""What the transcripts share."""

from __future__ import annotations

import struct
import zlib
from typing import Any

from tests.support.service_process import AGENT_TOKEN
from tests.support.transcript import ISO, MS, TOKEN, UUID, File, Match, Step

AGENT = {"Authorization": f"Bearer {AGENT_TOKEN}", "x-agent-id": "compute-node-01"}
CLAIM = {**AGENT, "x-claim-token": "{token}"}
NOBODY = "00000000-0000-7000-8000-00000000dead"
WAITING = Match("a reason to wait", lambda value: set(value) == {"code", "message"})


def png(shade: int = 0) -> bytes:
    """A whole PNG of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes([0, shade, shade, shade]))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def jpeg() -> bytes:
    """As much of a JPEG as tells that it is one."""
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + bytes(64) + b"\xff\xd9"


PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"
IMAGE = File(png(), "cat.png", "image/png")


def error(code: str, message: Any, **more: Any) -> dict[str, Any]:
    """The standard error response."""
    return {"success": False, "error": {"code": code, "message": message, **more}}


def done(result: Any) -> dict[str, Any]:
    """The standard success response."""
    return {"success": True, "result": result}


def created(
    model: str,
    *,
    priority: int = 1,
    upload: str | None = None,
    mime: str | None = None,
    webhook: str | None = None,
    save: str = "id",
) -> dict[str, Any]:
    """The answer to a submit."""
    return done(
        {
            "id": UUID.saved_as(save),
            "model": model,
            "priority": priority,
            "status": "queued",
            "created_at": ISO.saved_as(f"{save}_created"),
            "upload_key": None if upload is None else _upload(upload),
            "upload_mime": mime,
            "webhook_url": webhook,
        }
    )


def _upload(name: str) -> Match:
    return Match(
        f"uploads/<id>/{name}",
        lambda value: isinstance(value, str) and value.startswith("uploads/") and value.endswith(f"/{name}"),
        "upload_key",
    )


def status(
    word: str,
    *,
    model: str = "text-generation",
    priority: int = 1,
    started: bool = False,
    finished: bool = False,
    **changes: Any,
) -> dict[str, Any]:
    """The answer to ``/status/:id``."""
    return done(
        {
            "id": "{id}",
            "model": model,
            "priority": priority,
            "status": word,
            "created_at": "{id_created}",
            "started_at": ISO if started else None,
            "completed_at": ISO if finished else None,
            "timing": {
                "queue_time_ms": MS,
                "running_time_ms": MS,
                "complete_time_ms": MS if finished else None,
                "latency_ms": 0 if finished else None,
            },
            "failure_reason": None,
            "result_key": None,
            "result_file_key": None,
            "webhook_url": None,
            # Ours: why it waits.
            **({"waiting_reason": WAITING} if word == "queued" else {}),
            **changes,
        }
    )


def submit_text(prompt: str = "Once upon a time", **fields: str) -> Step:
    """A job without a file."""
    return Step(
        ask="POST /airunner/submit",
        form=[("model", "text-generation"), ("payload", f'{{"prompt": "{prompt}"}}'), *fields.items()],
        status=201,
        answer=created("text-generation"),
    )


def claim_text(prompt: str = "Once upon a time") -> Step:
    """Claims the job of ``submit_text``."""
    return Step(
        ask="POST /airunner/agent/claim",
        headers=AGENT,
        status=200,
        answer=done(
            {
                "id": "{id}",
                "model": "text-generation",
                "payload": {"prompt": prompt},
                "priority": 1,
                "upload_key": None,
                "upload_mime": None,
                "claim_token": TOKEN.saved_as("token"),
            }
        ),
    )
