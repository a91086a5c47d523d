"""Timed segments of speech as text, SRT or WebVTT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal


def render(segments: Sequence[dict[str, Any]], kind: Literal["txt", "srt", "vtt"]) -> str:
    """``segments`` hold ``start`` and ``end`` in seconds and ``text``."""
    if kind == "txt":
        return "\n".join(segment["text"] for segment in segments) + "\n"
    mark = "," if kind == "srt" else "."
    head = "" if kind == "srt" else "WEBVTT\n\n"
    cues = (
        f"{number}\n{_time(segment['start'], mark)} --> {_time(segment['end'], mark)}\n{_text(segment, kind)}\n"
        for number, segment in enumerate(segments, start=1)
    )
    return head + "\n".join(cues)


def _time(seconds: float, mark: str) -> str:
    millis = round(seconds * 1000)
    minutes, millis = divmod(millis, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{millis // 1000:02}{mark}{millis % 1000:03}"


def _text(segment: dict[str, Any], kind: str) -> str:
    text = str(segment["text"])
    if kind == "vtt":  # the three characters that WebVTT gives a meaning (W3C WebVTT, 4.2.2)
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text
