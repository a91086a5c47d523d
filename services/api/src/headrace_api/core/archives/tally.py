"""What has been seen of an archive so far, held against the limits. Pure."""

from __future__ import annotations

from headrace_api.core.archives.limits import ArchiveError, ArchiveLimits
from headrace_api.core.archives.names import inside, shown

_MIB = 1024 * 1024


class Tally:
    """Counts members and the bytes that really come out of them."""

    def __init__(self, limits: ArchiveLimits, archive_bytes: int) -> None:
        self._limits = limits
        self._archive_bytes = archive_bytes
        self._entries = 0
        self._unpacked = 0
        self._files: set[tuple[str, ...]] = set()
        self._folders: set[tuple[str, ...]] = set()

    @property
    def files(self) -> int:
        return len(self._files)

    @property
    def limits(self) -> ArchiveLimits:
        return self._limits

    def member(self, name: str, *, folder: bool) -> None:
        """A file or a folder. Raises ArchiveError for one too many, a bad path or a place that is taken."""
        self._entries += 1
        if self._entries > self._limits.max_entries:
            raise ArchiveError(f"it has more than {self._limits.max_entries} members")
        parts = inside(name)
        if not folder:
            if not parts:
                raise ArchiveError(f"the file {shown(name)} has no name")
            if parts in self._files or parts in self._folders:
                raise ArchiveError(f"{shown(name)} is there twice")
            self._files.add(parts)
        elif parts:
            self._folder(parts, name)
        for end in range(len(parts) - 1, 0, -1):
            if parts[:end] in self._folders:
                break  # those above it were looked at when it was
            self._folder(parts[:end], name)

    def unpacked(self, size: int) -> None:
        """``size`` more bytes came out. Raises ArchiveError beyond the limits."""
        self._unpacked += size
        limits = self._limits
        if self._unpacked > limits.max_unpacked_bytes:
            raise ArchiveError(f"it unpacks to more than {limits.max_unpacked_bytes // _MIB} MiB")
        if (
            self._unpacked > limits.ratio_from_bytes
            and self._unpacked > limits.max_ratio * self._archive_bytes
        ):
            raise ArchiveError(f"it unpacks to more than {limits.max_ratio:g} times its size")

    def _folder(self, parts: tuple[str, ...], name: str) -> None:
        if parts in self._files:
            raise ArchiveError(f"{shown(name)} is a file and a folder")
        self._folders.add(parts)
