"""What YouTube takes of titles, descriptions, tags and thumbnails (docs of videos and thumbnails.set). Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from headrace_publisher.publish.parcel import Asset
from headrace_publisher.publish.texts import cut

TITLE_CHARS = 100
DESCRIPTION_BYTES = 5000
TAGS_CHARS = 500
THUMBNAIL_BYTES = 50 * 1024 * 1024
THUMBNAIL_MIMES = frozenset({"image/jpeg", "image/png", "image/gif", "image/bmp"})
#: Quotas are new at midnight here.
_PACIFIC = ZoneInfo("America/Los_Angeles")
_AFTER_RESET = timedelta(minutes=1)


def title(text: str) -> str:
    """At most 100 characters, without < and >; never empty."""
    return cut(_plain(text).strip(), TITLE_CHARS) or "Untitled"


def description(text: str) -> str:
    """At most 5,000 bytes of UTF-8, without < and >."""
    plain = _plain(text)
    data = plain.encode()
    if len(data) <= DESCRIPTION_BYTES:
        return plain
    mark = "…"
    return data[: DESCRIPTION_BYTES - len(mark.encode())].decode("utf-8", "ignore").rstrip() + mark


def tags(given: tuple[str, ...]) -> list[str]:
    """As many as fit into 500 characters: commas between them count, and the quotes around those with spaces."""
    kept: list[str] = []
    used = 0
    for tag in given:
        plain = _plain(tag).replace(",", " ").strip()
        costs = len(plain) + (2 if " " in plain else 0) + (1 if kept else 0)
        if plain and used + costs <= TAGS_CHARS:
            kept.append(plain)
            used += costs
    return kept


def takes_thumbnail(asset: Asset) -> bool:
    return asset.mime in THUMBNAIL_MIMES and 0 < asset.size <= THUMBNAIL_BYTES


def quota_reset(now: datetime) -> datetime:
    """The next midnight in California, and a little more."""
    here = now.astimezone(_PACIFIC)
    midnight = datetime.combine(here.date() + timedelta(days=1), time(), tzinfo=_PACIFIC)
    return midnight.astimezone(now.tzinfo) + _AFTER_RESET


def _plain(text: str) -> str:
    """< and > are refused in titles and descriptions; these look like them."""
    return text.replace("<", "‹").replace(">", "›")
