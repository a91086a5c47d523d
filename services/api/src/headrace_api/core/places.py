"""Which of an account's destinations an address ``s3://bucket/path`` means. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from headrace_api.core.destinations import Destination
from headrace_api.core.errors import Problem, ValidationError

_S3 = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?", re.DOTALL)
#: In the site's own store everything that is published lies below this folder.
_SITE_FOLDER = "published"


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A bucket and a folder in it, without slashes around it."""

    bucket: str
    path: str

    def holds(self, other: Place) -> bool:
        """Whether ``other`` is this place or lies below it."""
        if self.bucket != other.bucket:
            return False
        return not self.path or other.path == self.path or other.path.startswith(f"{self.path}/")

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.path}" if self.path else f"s3://{self.bucket}"


def parse_place(text: str) -> Place | None:
    """The place that ``s3://bucket/path`` names; None for any other text."""
    match = _S3.fullmatch(text)
    if match is None:
        return None
    parts = [part for part in (match[2] or "").split("/") if part]
    if any(part in {".", ".."} for part in parts):
        return None
    return Place(bucket=match[1], path="/".join(parts))


def place_of(destination: Destination, *, site_bucket: str) -> Place | None:
    """Where a destination writes; None when that is no S3 store."""
    if destination.platform != "s3":
        return None
    config: Mapping[str, Any] = destination.config
    prefix = str(config.get("prefix") or "").strip("/")
    if config.get("bucket"):
        return Place(bucket=str(config["bucket"]), path=prefix)
    return Place(bucket=site_bucket, path=f"{_SITE_FOLDER}/{prefix}".rstrip("/"))


def choose(wanted: str, known: Iterable[Destination], *, site_bucket: str, field: str) -> Destination:
    """The destination with the longest prefix that holds ``wanted``. Raises ValidationError naming what there is."""
    target = parse_place(wanted)
    if target is None:
        raise ValidationError([Problem(field, "must be 'local' or 's3://bucket/path'")])
    places = [(each, place_of(each, site_bucket=site_bucket)) for each in known]
    there = [(each, place) for each, place in places if place is not None]
    fit = [(len(place.path), each) for each, place in there if place.holds(target)]
    if not fit:
        names = ", ".join(f"{each.name} ({place})" for each, place in there) or "none"
        message = f"no destination of this account holds {target}; its S3 destinations are: {names}"
        raise ValidationError([Problem(field, message)])
    return max(fit, key=lambda pair: pair[0])[1]
