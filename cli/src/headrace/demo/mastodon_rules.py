"""What a server that speaks Mastodon's client API keeps and what it allows; its defaults are Mastodon's own."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web

CHARACTERS: Final = 500
URL_CHARACTERS: Final = 23
DESCRIPTION_CHARS: Final = 1500
IMAGE_BYTES: Final = 16 * 1024 * 1024
VIDEO_BYTES: Final = 103_809_024
MIMES: Final = (
    "image/jpeg", "image/png", "image/gif", "image/webp",
    "video/mp4", "video/quicktime", "video/webm", "audio/mpeg", "audio/wav",
)  # fmt: skip
VISIBILITIES: Final = ("public", "unlisted", "private", "direct")


@dataclass(kw_only=True)
class Media:
    """What was uploaded. ``polls``: questions that are still answered with 206."""

    id: str
    mime: str
    data: bytes = field(repr=False)
    description: str
    thumbnail: bytes | None = field(repr=False)
    polls: int
    broken: bool = False
    attached: bool = False


@dataclass(frozen=True, kw_only=True)
class Status:
    """What was posted, under the account of the token."""

    id: str
    text: str
    visibility: str
    sensitive: bool
    spoiler_text: str
    language: str | None
    media: tuple[Media, ...]
    idempotency_key: str | None
    url: str


def refusal(status: int, error: str) -> web.HTTPException:
    """Mastodon's form of an error."""
    kinds = {401: web.HTTPUnauthorized, 404: web.HTTPNotFound, 422: web.HTTPUnprocessableEntity}
    return kinds[status](text=json.dumps({"error": error}), content_type="application/json")


def weight(text: str) -> int:
    """Links count a length of their own."""
    words = text.split()
    links = [word for word in words if word.startswith(("http://", "https://"))]
    return len(text) + sum(URL_CHARACTERS - len(link) for link in links)


def status_object(status: Status) -> dict[str, Any]:
    return {
        "id": status.id,
        "url": status.url,
        "uri": status.url,
        "visibility": status.visibility,
        "content": html.escape(status.text),
        "media_attachments": [{"id": each.id, "description": each.description} for each in status.media],
    }
