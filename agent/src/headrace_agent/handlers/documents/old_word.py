"""Word's old binary .doc: its text through the piece table ([MS-DOC] 2.4.1, «Retrieving Text»)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from headrace_agent.handlers.api import HandlerError
from headrace_agent.handlers.documents.content import Document, known

_MAGIC = 0xA5EC
_ENCRYPTED = 0x0100
_TABLE_1 = 0x0200
_COMPRESSED = 0x4000_0000
#: A field is «begin, instruction, separator, result, end»: only its result is text. Fields may be nested.
_FIELD_MARK = re.compile("([\x13\x14\x15])")
_MARKS = {7: "\t", 11: "\n", 12: "\n\n", 13: "\n", 30: "-", 31: "", 160: " "}


def read(path: Path) -> Document:
    """Raises ``HandlerError`` for a broken or encrypted file and for one of Word 95 and before."""
    import olefile

    try:
        with olefile.OleFileIO(str(path)) as ole:
            if not ole.exists("WordDocument"):
                raise HandlerError("the file is no Word document")
            main = ole.openstream("WordDocument").read()
            table = ole.openstream(_table_name(main)).read()
            metadata = _metadata(ole)
    except (OSError, struct.error, IndexError, ValueError) as error:
        raise HandlerError(f"the .doc is broken: {error}") from error
    try:
        raw = "".join(_pieces(main, table))
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise HandlerError(f"the .doc is broken: {error}") from error
    return Document(kind="doc", text=clean(raw), pages=metadata.pop("pages", None), metadata=metadata)


def _table_name(main: bytes) -> str:
    magic, version = struct.unpack_from("<HH", main, 0)
    (flags,) = struct.unpack_from("<H", main, 0x0A)
    if magic != _MAGIC or version < 0xC1:  # 0xC1 is Word 97
        raise HandlerError("the .doc is older than Word 97: save it as .docx")
    if flags & _ENCRYPTED:
        raise HandlerError("the .doc is encrypted: save it without a password")
    return "1Table" if flags & _TABLE_1 else "0Table"


def _pieces(main: bytes, table: bytes) -> Iterator[str]:
    """The text of each piece of the main document, in order."""
    (wanted,) = struct.unpack_from("<i", main, 0x4C)
    start, size = struct.unpack_from("<ii", main, 0x01A2)
    clx = table[start : start + size]
    at = 0
    while clx[at] == 1:  # formatting that comes before the piece table
        at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
    (length,) = struct.unpack_from("<i", clx, at + 1)
    plc = clx[at + 5 : at + 5 + length]
    count = (len(plc) - 4) // 12
    bounds = struct.unpack_from(f"<{count + 1}i", plc, 0)
    for index in range(count):
        (where,) = struct.unpack_from("<I", plc, 4 * (count + 1) + 8 * index + 2)
        chars = min(bounds[index + 1], wanted) - bounds[index]
        if chars <= 0:
            return
        if where & _COMPRESSED:
            begin = (where & ~_COMPRESSED) // 2
            yield main[begin : begin + chars].decode("cp1252", "replace")
        else:
            yield main[where : where + 2 * chars].decode("utf-16-le", "replace")


def clean(raw: str) -> str:
    """Word's control characters as line ends and tabs, without the instructions of fields."""
    return "".join(
        char for char in _outside_instructions(raw).translate(_MARKS) if char in "\n\t" or char >= " "
    )


def _outside_instructions(raw: str) -> str:
    kept: list[str] = []
    fields: list[bool] = []  # for each open field, whether we are in its instruction
    for part in _FIELD_MARK.split(raw):
        match part:
            case "\x13":
                fields.append(True)
            case "\x14" if fields:
                fields[-1] = False
            case "\x15" if fields:
                fields.pop()
            case _ if not any(fields):
                kept.append(part)
    return "".join(kept)


def _metadata(ole: Any) -> dict[str, Any]:
    meta = ole.get_metadata()
    names = ("title", "subject", "author", "keywords", "company", "last_saved_by")
    pairs = [(name, getattr(meta, name)) for name in names]
    pairs += [("created", meta.create_time), ("modified", meta.last_saved_time), ("pages", meta.num_pages)]
    return known(pairs)
