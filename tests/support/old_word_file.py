"""Writes an old binary .doc for tests: an OLE container ([MS-CFB]) with a piece table ([MS-DOC])."""

from __future__ import annotations

import struct
from pathlib import Path

_SECTOR = 512
_END, _FREE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
_NONE = 0xFFFFFFFF
_MIN_STREAM = 4096


def write_doc(path: Path, pieces: list[str], *, encrypted: bool = False, version: int = 0xC1) -> None:
    """Each piece is stored in one byte a character where cp1252 can, else in UTF-16."""
    text_at = 2048
    body = bytearray()
    bounds, wheres = [0], []
    for piece in pieces:
        while len(body) % 2:
            body += b"\0"
        where = text_at + len(body)
        try:
            body += piece.encode("cp1252")
            wheres.append(where * 2 | 0x4000_0000)
        except UnicodeEncodeError:
            body += piece.encode("utf-16-le")
            wheres.append(where)
        bounds.append(bounds[-1] + len(piece))
    plc = struct.pack(f"<{len(bounds)}i", *bounds) + b"".join(struct.pack("<HIH", 0, w, 0) for w in wheres)
    before = b"\x01" + struct.pack("<H", 4) + b"\0" * 4  # a Prc, which readers must skip
    clx = before + b"\x02" + struct.pack("<i", len(plc)) + plc
    main = bytearray(text_at)
    struct.pack_into("<HH", main, 0, 0xA5EC, version)
    struct.pack_into("<H", main, 0x0A, 0x0200 | (0x0100 if encrypted else 0))
    struct.pack_into("<i", main, 0x4C, bounds[-1])
    struct.pack_into("<ii", main, 0x01A2, 0, len(clx))
    path.write_bytes(_container({"1Table": clx, "WordDocument": bytes(main + body)}))


def _container(streams: dict[str, bytes]) -> bytes:
    """An OLE file of version 3; ``streams`` in the order of the directory (shorter names first)."""
    fat = [_FAT, _END]  # sector 0 is the table of sectors itself, sector 1 the directory
    sectors: list[bytes] = []
    entries: list[tuple[str, int, int]] = []
    for name, content in streams.items():
        padded = content.ljust(max(_MIN_STREAM, -(-len(content) // _SECTOR) * _SECTOR), b"\0")
        count = len(padded) // _SECTOR
        entries.append((name, len(fat), len(padded)))
        fat += [*range(len(fat) + 1, len(fat) + count), _END]
        sectors.append(padded)
    assert len(fat) <= _SECTOR // 4, "one sector of table is all that this writer makes"
    directory = _entry("Root Entry", 5, left=_NONE, child=2, start=_END, size=0)
    for index, (name, start, size) in enumerate(entries):
        left = 1 if index == 1 else _NONE
        directory += _entry(name, 2, left=left, child=_NONE, start=start, size=size)
    header = struct.pack(
        "<8s16sHHHHH6xIIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"",
        0x3E,
        3,
        0xFFFE,
        9,
        6,
        0,
        1,
        1,
        0,
        _MIN_STREAM,
        _END,
        0,
        _END,
        0,
        0,
    )  # fmt: skip - a record
    header += struct.pack("<I", _FREE) * 108
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(_SECTOR, b"\xff")
    return header[:_SECTOR] + table + directory.ljust(_SECTOR, b"\0") + b"".join(sectors)


def _entry(name: str, kind: int, *, left: int, child: int, start: int, size: int) -> bytes:
    encoded = name.encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16sIQQIQ",
        encoded,
        len(encoded) + 2,
        kind,
        1,
        left,
        _NONE,
        child,
        b"",
        0,
        0,
        0,
        start,
        size,
    )
