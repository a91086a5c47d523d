"""What the transcripts share."""

from __future__ import annotations

from typing import Any

from tests.support.service_process import AGENT_TOKEN
from tests.support.transcript import ISO, TOKEN, UUID, File, Match, Step, like

KEY = {"Authorization": "Bearer {key}"}
OTHER = {"Authorization": "Bearer {other_key}"}
AGENT = {
    "Authorization": f"Bearer {AGENT_TOKEN}",
    "x-agent-id": "studio-1",
    "x-agent-models": "video-production",
}
NOBODY = "00000000-0000-7000-8000-00000000dead"
#: As much of each as tells what it is.
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(2000)
MOV = b"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00qt  \x00\x00\x00\x08wide" + bytes(2000)
COPY = '{"title": "Rivers", "description": "How rivers run.", "tags": ["river", "water"]}'

URL = like(r"http://127\.0\.0\.1:\d+/.+video\.mp4\?.+")
WAITING = Match("a reason to wait, or none", lambda value: value is None or set(value) == {"code", "message"})


def us(ask: str, *, status: int = 200, answer: Any, **more: Any) -> Step:
    """A call with the account's key."""
    method, _, path = ask.partition(" ")
    headers = {**KEY, **more.pop("headers", {})}
    return Step(ask=f"{method} /auraflux/v1{path}", status=status, answer=answer, headers=headers, **more)


def error(code: str, message: Any, **details: Any) -> dict[str, Any]:
    """The error envelope."""
    return {"error": {"code": code, "message": message, "details": details}}


def invalid(*problems: tuple[str, Any]) -> dict[str, Any]:
    """The envelope of a request that does not validate."""
    told = [{"field": field, "message": message} for field, message in problems]
    return {"error": {"code": "validation_error", "message": like(".+"), "details": {"problems": told}}}


def submitted(credits: int = 1, save: str = "id") -> dict[str, Any]:
    """The answer to a submit."""
    return {
        "jobId": UUID.saved_as(save),
        "status": "queued",
        "creditsCharged": credits,
        "createdAt": ISO.saved_as(f"{save}_created"),
    }


def submit(body: dict[str, Any] | None = None, *, credits: int = 1, save: str = "id", **more: Any) -> Step:
    """A submit that is taken."""
    wish = {"entry": "prompt", "prompt": "How rivers run", **(body or {})}
    return us("POST /jobs", status=201, json=wish, answer=submitted(credits, save), **more)


PORTALS = ("intake", "analyse", "produce", "copy", "publish")


def portals(*words: str) -> list[dict[str, Any]]:
    """The five portals with their words."""
    return [
        {"number": number, "name": name, "status": word}
        for number, (name, word) in enumerate(zip(PORTALS, words, strict=True), 1)
    ]


_PENDING = portals("pending", "pending", "pending", "pending", "skipped")


def listed(status: str = "queued", *, job: str = "id", **changes: Any) -> dict[str, Any]:
    """A job in a list: by default one from a prompt that waits."""
    fields = {
        "jobId": f"{{{job}}}",
        "status": status,
        "entry": "prompt",
        "progress": 0.0,
        "staging": False,
        "publishAt": None,
        "priority": "normal",
        "fromTemplateId": None,
        "creditsCharged": 1,
        "creditsRefunded": 0,
        "createdAt": f"{{{job}_created}}",
        "startedAt": None,
        "completedAt": None,
        "outputUrl": None,
        "error": None,
    }
    assert changes.keys() <= fields.keys(), changes
    return {**fields, **changes}


def shown(status: str = "queued", *, job: str = "id", **changes: Any) -> dict[str, Any]:
    """A job alone."""
    more = {
        "progressMessage": None,
        "portals": _PENDING,
        "platforms": [],
        "thumbnailUrl": None,
        "previewUrl": None,
        "waitingReason": WAITING if status in {"queued", "staged", "running"} else None,
    }
    own = {name: changes.pop(name) for name in list(changes) if name in more}
    return {**listed(status, job=job, **changes), **more, **own}


def platform(name: str, status: str = "pending") -> dict[str, Any]:
    return {"platform": name, "status": status, "url": None, "error": None}


def upload(content: bytes = MP4, name: str = "river.mp4", form: str = "mp4", save: str = "file") -> Step:
    """An upload that is taken."""
    return us(
        "POST /upload",
        status=201,
        form=[("file", File(content, name))],
        answer={
            "fileId": UUID.saved_as(save),
            "filename": name,
            "size": len(content),
            "format": form,
            "expiresAt": ISO,
        },
    )


def claim(job: str = "id", payload: Any = None) -> Step:
    """An agent takes the job and runs it."""
    return Step(
        ask="POST /radiance/airunner/agent/claim",
        headers=AGENT,
        status=200,
        answer={
            "success": True,
            "result": {
                "id": f"{{{job}}}",
                "model": "video-production",
                "payload": {"entry": "prompt", "prompt": "How rivers run"} if payload is None else payload,
                "priority": Match("a priority", lambda value: value in range(4)),
                "upload_key": Match(
                    "a key or null", lambda value: value is None or value.startswith("files/")
                ),
                "upload_mime": Match(
                    "a type or null", lambda value: value in {None, "video/mp4", "video/mov"}
                ),
                "claim_token": TOKEN.saved_as("token"),
            },
        },
    )


def produced(job: str = "id") -> Step:
    """The agent hands in the video and what it wrote about it."""
    return Step(
        ask=f"POST /radiance/airunner/agent/return/{{{job}}}",
        headers={**AGENT, "x-claim-token": "{token}"},
        status=200,
        form=[("data", COPY), ("file", File(MP4, "video.mp4", "video/mp4"))],
        answer=Match("a return that was taken", lambda value: value["result"]["status"] == "completed"),
    )


def broke(reason: str, job: str = "id") -> Step:
    """The agent gives up."""
    return Step(
        ask=f"POST /radiance/airunner/agent/failed/{{{job}}}",
        headers={**AGENT, "x-claim-token": "{token}"},
        status=200,
        json={"reason": reason},
        answer=Match("a failure that was taken", lambda value: value["result"]["status"] == "failed"),
    )


def balance(credits: int) -> Step:
    """What is left."""
    return us(
        "GET /account",
        answer=Match(f"an account with {credits} credits", lambda value: value["credits"] == credits),
    )
