"""Files that are sent ahead of their jobs."""

from __future__ import annotations

from datetime import datetime

import msgspec


class File(msgspec.Struct, frozen=True, kw_only=True):
    file_id: str
    name: str
    mime: str
    #: Bytes; None: announced, and not there yet.
    size: int | None = None
    created_at: datetime | None = None
    expires_at: datetime | None = None


class FileSlot(File, frozen=True, kw_only=True):
    """A place for a file that is to be uploaded."""

    #: None: the bytes came with the request.
    upload_url: str | None = None
    headers: dict[str, str] = msgspec.field(default_factory=dict)


class FilePage(msgspec.Struct, frozen=True, kw_only=True):
    files: list[File]
    has_more: bool = False
    next_cursor: str | None = None
