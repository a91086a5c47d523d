"""What an instance takes (``GET /api/v2/instance``, entity Instance), and whether a file fits. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from headrace_publisher.publish.parcel import Asset

_KINDS = ("image", "video", "audio")


class Limits(msgspec.Struct, kw_only=True, frozen=True):
    """The defaults are those of Mastodon's own software, for what an instance does not say."""

    #: Of a status, in characters.
    characters: int = 500
    #: So much does any link count.
    url_characters: int = 23
    #: Of an alt text.
    description: int = 1500
    #: Empty: the instance does not say.
    mimes: tuple[str, ...] = ()
    #: In bytes.
    image_bytes: int = 16 * 1024 * 1024
    video_bytes: int = 99 * 1024 * 1024


def limits_of(instance: Mapping[str, Any]) -> Limits:
    """Read the entity; what is missing or not a number is taken from the defaults."""
    configuration = _object(instance, "configuration")
    statuses = _object(configuration, "statuses")
    media = _object(configuration, "media_attachments")
    mimes = media.get("supported_mime_types")
    usual = Limits()
    return Limits(
        characters=_number(statuses, "max_characters", usual.characters),
        url_characters=_number(statuses, "characters_reserved_per_url", usual.url_characters),
        description=_number(media, "description_limit", usual.description),
        mimes=tuple(str(mime) for mime in mimes) if isinstance(mimes, list) else (),
        image_bytes=_number(media, "image_size_limit", usual.image_bytes),
        video_bytes=_number(media, "video_size_limit", usual.video_bytes),
    )


def misfit(asset: Asset, limits: Limits) -> str | None:
    """Why the instance will not take ``asset``; None when it will."""
    if asset.kind not in _KINDS or (limits.mimes and asset.mime not in limits.mimes):
        return f"the instance takes no {asset.mime}, which {asset.name} is"
    most = limits.image_bytes if asset.kind == "image" else limits.video_bytes
    if asset.size > most:
        return f"{asset.name} has {asset.size} bytes; the instance takes at most {most}"
    if asset.size == 0:
        return f"{asset.name} is empty"
    return None


def _object(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = found.get(name)
    return value if isinstance(value, dict) else {}


def _number(found: Mapping[str, Any], name: str, usual: int) -> int:
    value = found.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else usual
