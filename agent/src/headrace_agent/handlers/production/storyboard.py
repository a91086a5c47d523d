"""A text as scenes: what is shown and read one after the other, and for how long. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from headrace_agent.handlers.production import words

MOST_SCENES: Final = 30
#: A caption of more is hard to read in one go.
_SCENE_CHARS: Final = 170
_TOO_SHORT_CHARS: Final = 24
#: How fast people read a caption, and the bounds of a scene that nobody reads aloud.
_CHARS_A_SECOND: Final = 14.0
_LEAST_S: Final = 3.0
#: Silence before and after what is read aloud.
LEAD_S: Final = 0.4
_TAIL_S: Final = 0.6
_MARK: Final = re.compile(
    r"^\s*(?:[-*•#>]+|\d{1,2}[.):]|(?:scene|shot|slide)\s+\d{1,2}\s*[:.)-])\s*", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """One scene; times count from the begin of the video without its title card."""

    text: str
    start_s: float
    length_s: float

    @property
    def end_s(self) -> float:
        return self.start_s + self.length_s


def split(prompt: str) -> list[str]:
    """The prompt's scenes: its lines if it has several, else its sentences; long ones are divided."""
    lines = [text for line in prompt.splitlines() if (text := " ".join(_MARK.sub("", line).split()))]
    parts = lines if len(lines) > 1 else words.sentences(" ".join(lines))
    scenes: list[str] = []
    for part in parts:
        for piece in _pieces(part):
            short = scenes and min(len(scenes[-1]), len(piece)) < _TOO_SHORT_CHARS
            if short and len(lines) < 2 and len(scenes[-1]) + len(piece) < _SCENE_CHARS:
                scenes[-1] += f" {piece}"
            else:
                scenes.append(piece)
    return _merged([scene for scene in scenes if words.words(scene)])


def timed(texts: Sequence[str], spoken_s: Sequence[float | None], limit_s: float | None) -> list[Scene]:
    """When each scene is shown. ``spoken_s`` is how long its words take to be read aloud, None for not at all.

    Scenes that begin after ``limit_s`` are left out, and the last one is cut there.
    """
    scenes: list[Scene] = []
    at = 0.0
    for text, spoken in zip(texts, spoken_s, strict=True):
        length = max(_LEAST_S, len(text) / _CHARS_A_SECOND) if spoken is None else LEAD_S + spoken + _TAIL_S
        length = max(length, _LEAST_S)
        if limit_s is not None and at + length > limit_s:
            length = limit_s - at
            if length < 0.5 and scenes:
                break
            scenes.append(Scene(text=text, start_s=at, length_s=max(length, 0.5)))
            break
        scenes.append(Scene(text=text, start_s=at, length_s=length))
        at += length
    return scenes


def _pieces(sentence: str) -> list[str]:
    """A long sentence is divided after a comma or the like, or else between words."""
    pieces = []
    rest = sentence
    while len(rest) > _SCENE_CHARS:
        ends = [found.end() for found in re.finditer(r"[,;:.!?。、，]\s*|\s[–—-]\s", rest[:_SCENE_CHARS])]
        spaces = [found.end() for found in re.finditer(r"\s", rest[:_SCENE_CHARS])]
        good = [end for end in ends if end > _SCENE_CHARS // 3]
        end = (good or spaces or [_SCENE_CHARS])[-1]
        pieces.append(rest[:end].strip())
        rest = rest[end:].strip()
    return [*pieces, rest] if rest else pieces


def _merged(scenes: list[str]) -> list[str]:
    """At most ``MOST_SCENES``: neighbours are put together evenly."""
    while len(scenes) > MOST_SCENES:
        scenes = [" ".join(scenes[index : index + 2]) for index in range(0, len(scenes), 2)]
    return scenes
