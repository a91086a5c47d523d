from __future__ import annotations

from typing import Any

from headrace_agent.handlers.audio.subtitles import render

SEGMENTS: list[dict[str, Any]] = [
    {"start": 0.0, "end": 1.9996, "text": "Water & <wheel>"},
    {"start": 3661.5, "end": 3662.25, "text": "Bye."},
]


def test_srt_has_numbered_cues_with_commas() -> None:
    assert render(SEGMENTS, "srt") == (
        "1\n00:00:00,000 --> 00:00:02,000\nWater & <wheel>\n\n2\n01:01:01,500 --> 01:01:02,250\nBye.\n"
    )


def test_webvtt_has_its_head_points_and_escapes() -> None:
    text = render(SEGMENTS, "vtt")
    assert text.startswith("WEBVTT\n\n1\n00:00:00.000 --> 00:00:02.000\nWater &amp; &lt;wheel&gt;\n")


def test_text_has_a_line_a_segment() -> None:
    assert render(SEGMENTS, "txt") == "Water & <wheel>\nBye.\n"
