"""What kind of ZIP file this is: office documents are ZIPs that differ in their members' names."""

from __future__ import annotations

from headrace_api.mime.names import DOCX, XLSX

ZIP = "application/zip"

#: A member that each kind must have, and the type that it makes.
_MEMBERS: tuple[tuple[bytes, str], ...] = (
    (b"word/document", DOCX),
    (b"xl/workbook", XLSX),
    (b"ppt/presentation", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
)
_CENTRAL = b"PK\x01\x02"
_CENTRAL_BYTES = 46


def central_names(tail: bytes) -> list[bytes]:
    """The member names in the central directory, as far as ``tail``, the end of the file, holds it."""
    names = []
    at = tail.find(_CENTRAL)
    while at >= 0 and at + _CENTRAL_BYTES <= len(tail):
        length = int.from_bytes(tail[at + 28 : at + 30], "little")
        names.append(tail[at + _CENTRAL_BYTES : at + _CENTRAL_BYTES + length])
        at = tail.find(_CENTRAL, at + _CENTRAL_BYTES)
    return names


def zip_type(tail: bytes) -> str:
    """The type of a ZIP file by the member names in its directory, which is at its end."""
    names = central_names(tail)
    for member, mime in _MEMBERS:
        if any(name.startswith(member) for name in names):
            return mime
    return ZIP
