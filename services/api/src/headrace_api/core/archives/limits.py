"""How much an archive may hold."""

from __future__ import annotations

from dataclasses import dataclass

_MIB = 1024 * 1024


class ArchiveError(Exception):
    """The archive is not taken; the message is the reason, for its sender."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchiveLimits:
    #: Of all files together, unpacked.
    max_unpacked_bytes: int = 4096 * _MIB
    #: Unpacked size over the archive's own.
    max_ratio: float = 100.0
    #: Below this unpacked size the ratio is not looked at: small texts compress well.
    ratio_from_bytes: int = 64 * _MIB
    #: Files and folders.
    max_entries: int = 50_000
