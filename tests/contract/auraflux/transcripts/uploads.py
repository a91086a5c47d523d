"""Seed 001, «Upload a video file»."""

from __future__ import annotations

from typing import Any

from tests.contract.auraflux.transcripts.common import MOV, MP4, error, invalid, upload, us
from tests.support.transcript import File, Step, Transcript

_PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(40)
_FORM = "Send the video as multipart/form-data in the field 'file'"


def _refused(content: bytes, found: str, name: str = "river.mp4", mime: str | None = "video/mp4") -> Step:
    return us(
        "POST /upload",
        status=415,
        form=[("file", File(content, name, mime))],
        answer=error(
            "unsupported_media_type", f"The file is not an MP4 or MOV video: its content is {found}"
        ),
    )


def _bad(answer: dict[str, Any], **request: Any) -> Step:
    return us("POST /upload", status=400, answer=answer, **request)


TRANSCRIPTS = [
    Transcript(
        name="upload: MP4 and MOV, by content",
        steps=[
            upload(),
            upload(MOV, "river.mov", "mov"),
            upload(MOV, "river.mp4", "mov"),
            upload(MP4, "river", "mp4"),
        ],
    ),
    Transcript(
        name="upload: other content is refused, whatever it is called",
        steps=[
            _refused(_PNG, "image/png"),
            _refused(b"just words and no film\n" * 100, "text/plain"),
            _refused(bytes(1000), "application/octet-stream"),
            _refused(_PNG * 4000, "image/png"),
        ],
    ),
    Transcript(
        name="upload: a form with one file",
        steps=[
            _bad(error("bad_request", _FORM), json={"file": "river.mp4"}),
            _bad(error("bad_request", _FORM)),
            _bad(
                invalid(("file", "is required: the video; the fields sent are 'video'")),
                form=[("video", File(MP4, "river.mp4"))],
            ),
            _bad(error("bad_request", "The file is empty"), form=[("file", File(b"", "river.mp4"))]),
            _bad(
                error("bad_request", "Send one video at a time: field 'file' stands twice"),
                form=[("file", File(MP4, "river.mp4")), ("file", File(MP4, "river.mp4"))],
            ),
        ],
    ),
]
