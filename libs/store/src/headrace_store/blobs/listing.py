"""What a look into the bucket finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """An object: ``size`` in bytes; ``modified`` by the store's clock, never before it was whole but for uploads in
    parts, of which some stores tell when they were begun."""

    key: str
    size: int
    modified: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Some objects; ``more``: there are others behind the last one."""

    entries: Sequence[Entry]
    more: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Unfinished:
    """An upload in parts that is under way or was left behind."""

    key: str
    upload_id: str
    begun: datetime
