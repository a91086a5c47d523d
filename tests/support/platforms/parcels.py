"""Something to publish, in memory."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from headrace_contracts.destinations import Destination
from headrace_contracts.ids import new_id
from headrace_publisher.platforms.platform import Publication
from headrace_publisher.publish.parcel import Asset, MemorySource, Parcel

VIDEO = bytes(range(256)) * 2800 + b"the end"  # 700 KiB and a little
PICTURE = b"\x89PNG\r\n\x1a\n" + b"p" * 4000
DOCUMENT = b'{"id": "x", "result": {"title": "A river"}}'


def asset(name: str, mime: str, data: bytes) -> Asset:
    return Asset(name=name, mime=mime, size=len(data), source=MemorySource(data=data))


def parcel(job_id: UUID | None = None, **changes: Any) -> Parcel:
    fields: dict[str, Any] = {
        "job_id": job_id or new_id(),
        "title": "A river <at> dawn",
        "description": "Water, and a bridge.\nSee https://example.com/a-rather-long-link-to-a-page",
        "tags": ("water", "early morning"),
        "alt_text": "A bridge over a river",
        "main": asset("film.mp4", "video/mp4", VIDEO),
        "extras": (asset("thumbnail.png", "image/png", PICTURE),),
        "document": asset("result.json", "application/json", DOCUMENT),
    }
    return Parcel(**(fields | changes))


def publication(destination: Destination, **changes: Any) -> Publication:
    fields: dict[str, Any] = {
        "id": new_id(),
        "destination_id": new_id(),
        "destination": destination,
        "parcel": parcel(),
        "hide": lambda _text: None,
    }
    return Publication(**(fields | changes))
