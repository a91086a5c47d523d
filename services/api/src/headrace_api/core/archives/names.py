"""Where an archive's member would go. Pure."""

from __future__ import annotations

import re

from headrace_api.core.archives.limits import ArchiveError

# Of Linux: PATH_MAX and NAME_MAX.
_MAX_PATH_BYTES = 4096
_MAX_PART_BYTES = 255
_DRIVE = re.compile(r"[A-Za-z]:")
_SHOWN_CHARS = 120


def shown(name: str) -> str:
    """A member's name as it stands in a message."""
    text = name.encode("utf-8", "replace").decode("utf-8")
    return repr(text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…")


def inside(name: str) -> tuple[str, ...]:
    """The parts of the path, below the folder that the archive is unpacked into; empty for the folder itself.

    A backslash divides parts, too: some programs unpack it so. Raises ArchiveError for a path that leaves the
    folder or can't be made.
    """
    if not name:
        raise ArchiveError("a member has no name")
    if "\x00" in name:
        raise ArchiveError(f"the name of {shown(name)} holds a NUL")
    path = name.replace("\\", "/")
    if path.startswith("/"):
        raise ArchiveError(f"{shown(name)} is an absolute path")
    if _DRIVE.match(path.removeprefix("./")):
        raise ArchiveError(f"{shown(name)} begins with a drive letter")
    parts = tuple(part for part in path.split("/") if part not in {"", "."})
    if ".." in parts:
        raise ArchiveError(f"{shown(name)} leads out of the folder")
    if len(path.encode("utf-8", "surrogateescape")) > _MAX_PATH_BYTES or any(
        len(part.encode("utf-8", "surrogateescape")) > _MAX_PART_BYTES for part in parts
    ):
        raise ArchiveError(f"the name of {shown(name)} is too long")
    return parts
