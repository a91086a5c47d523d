"""The zip file that a .docx or .xlsx is."""

from __future__ import annotations

import zipfile
from pathlib import Path

from headrace_agent.handlers.api import HandlerError

#: What Office puts around an encrypted file.
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAX_UNPACKED_BYTES = 300 * 1024 * 1024


def check(path: Path, kind: str, part: str) -> None:
    """Raise ``HandlerError`` unless ``path`` is a whole zip that has ``part`` and unpacks to a sane size.

    The sizes that a zip states about itself can be relied on: Python reads no more than that of a member.
    """
    with path.open("rb") as file:
        if file.read(len(_OLE)) == _OLE:
            raise HandlerError(
                f"the .{kind} is encrypted or of the old binary kind: save it without a password"
            )
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise HandlerError(f"the .{kind} is broken: {error}") from error
    if any(member.flag_bits & 0x1 for member in members):
        raise HandlerError(f"the .{kind} is encrypted: save it without a password")
    if part not in {member.filename for member in members}:
        raise HandlerError(f"the file is a zip but no .{kind}: it has no {part}")
    if sum(member.file_size for member in members) > _MAX_UNPACKED_BYTES:
        raise HandlerError(f"the .{kind} unpacks to more than {_MAX_UNPACKED_BYTES // 1024 // 1024} MiB")
