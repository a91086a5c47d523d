"""The words that go with a publication, from the job's JSON result. Pure.

``title``, ``description``, ``tags`` and ``alt_text`` of the result are taken where they are what they should be;
a job without a title is named after its model and id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

MAX_TITLE_CHARS = 300
MAX_DESCRIPTION_CHARS = 20_000
MAX_TAGS = 50
MAX_TAG_CHARS = 100

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Texts:
    """Without control characters; ``title`` is one line and never empty."""

    title: str
    description: str
    tags: tuple[str, ...]
    alt_text: str


def texts_of(result: bytes | None, *, model: str, job_id: UUID) -> Texts:
    """``result``: the job's JSON result, None when it has none."""
    found: dict[str, Any] = {}
    if result is not None:
        try:
            decoded = msgspec.json.decode(result)
        except msgspec.DecodeError:
            decoded = None
        found = decoded if isinstance(decoded, dict) else {}
    title = " ".join(_text(found.get("title")).split())[:MAX_TITLE_CHARS].rstrip()
    description = _text(found.get("description"))[:MAX_DESCRIPTION_CHARS]
    title = title or f"{model} {job_id}"
    alt_text = _text(found.get("alt_text"))[:MAX_DESCRIPTION_CHARS]
    return Texts(
        title=title,
        description=description,
        tags=_tags(found.get("tags")),
        alt_text=alt_text or description or title,
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return _CONTROL.sub("", value.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _tags(value: object) -> tuple[str, ...]:
    given: Iterable[object] = (
        value.split(",") if isinstance(value, str) else value if isinstance(value, list) else ()
    )
    tags = (" ".join(_text(tag).lstrip("#").split())[:MAX_TAG_CHARS] for tag in given)
    return tuple(dict.fromkeys(tag for tag in tags if tag))[:MAX_TAGS]


def cut(text: str, chars: int) -> str:
    """``text``, or its beginning with an ellipsis, in at most ``chars`` characters."""
    if len(text) <= chars:
        return text
    return text[: max(0, chars - 1)].rstrip() + "…" if chars > 0 else ""
