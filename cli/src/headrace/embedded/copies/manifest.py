"""What a backup says of itself: the last entry of the file, so that a file that was cut off has none."""

from __future__ import annotations

from datetime import datetime

import msgspec

from headrace_store.copies import Applied

#: Of this layout; a newer one is refused.
FORMAT = 1
MANIFEST = "manifest.json"
RECORD = "record.dump"
SECRETS = "secrets.json"
#: The folder of all buckets.
BLOBS = "s3/"


class DamagedBackupError(Exception):
    """The file is not a backup, or not as it was written; the text says what is wrong with it."""


class NewerBackupError(Exception):
    """The file is of a newer version than this one."""


class Sum(msgspec.Struct, frozen=True, kw_only=True):
    """Of one entry: bytes, and SHA-256 in hexadecimal."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """``jobs``: how many in each state. ``missing``: objects that the record counts on and that were not there."""

    format: int
    headrace: str
    made_at: datetime
    schema: list[Applied]
    jobs: dict[str, int]
    missing: list[str]
    entries: dict[str, Sum]

    @property
    def blobs(self) -> int:
        return sum(name.startswith(BLOBS) for name in self.entries)

    @property
    def size(self) -> int:
        """Bytes of all entries."""
        return sum(entry.size for entry in self.entries.values())


class _Head(msgspec.Struct, frozen=True):
    format: int


def decoded(text: bytes) -> Manifest:
    """Raises DamagedBackupError or NewerBackupError."""
    try:
        if (found := msgspec.json.decode(text, type=_Head).format) > FORMAT:
            raise NewerBackupError(
                f"it has format {found}, and this version knows up to {FORMAT}: install the one that made it"
            )
        return msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as error:
        raise DamagedBackupError(f"its {MANIFEST} is not what was written: {error}") from error
