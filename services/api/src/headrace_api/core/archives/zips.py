"""Checks a ZIP archive (PKWARE APPNOTE 6.3). Sizes in its headers are claims: every member is unpacked and counted."""

from __future__ import annotations

import stat
import zipfile
import zlib
from typing import IO, cast

from headrace_api.core.archives.limits import ArchiveError
from headrace_api.core.archives.names import inside, shown
from headrace_api.core.archives.reader import BoundedReader
from headrace_api.core.archives.tally import Tally

# General purpose flags, 4.4.4.
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_PATCHED = 0x20
_LOCAL = b"PK\x03\x04"
_LOCAL_BYTES = 30
_UTF8 = 0x800
#: Info-ZIP's extra field with the name in UTF-8 (4.6.9): unzip goes by it.
_UNICODE_PATH = 0x7075
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
#: Of the directory, on average a member: its fixed part, a path and extra fields.
_DIRECTORY_BYTES = 256
_CHUNK_BYTES = 256 * 1024


def check_zip(file: IO[bytes], tally: Tally) -> None:
    """Raises ArchiveError with the reason why it is not taken."""
    bounded = BoundedReader(file, most=max(1024 * 1024, tally.limits.max_entries * _DIRECTORY_BYTES))
    try:
        with zipfile.ZipFile(cast("IO[bytes]", bounded)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, ValueError, OSError) as error:
        raise ArchiveError(f"it is a broken ZIP archive: {error}") from None
    for member in members:
        _check_kind(member)
        tally.member(member.orig_filename, folder=member.orig_filename.endswith(("/", "\\")))
        _check_extra(member.extra)
    declared = sum(member.file_size for member in members)
    if declared > tally.limits.max_unpacked_bytes:
        tally.unpacked(declared)  # says so, without unpacking it
    end = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        if member.header_offset < end:
            raise ArchiveError(f"{shown(member.filename)} overlaps another member")
        end = _unpack(file, member, tally)


def _check_kind(member: zipfile.ZipInfo) -> None:
    name = shown(member.orig_filename)
    if member.flag_bits & _ENCRYPTED:
        raise ArchiveError(f"{name} is encrypted")
    if member.compress_type not in _METHODS or member.flag_bits & _PATCHED:
        raise ArchiveError(f"{name} is compressed by method {member.compress_type}; use deflate")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise ArchiveError(f"{name} is a link")
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise ArchiveError(f"{name} is a device or another special file")


def _check_extra(extra: bytes) -> None:
    """A second name among the extra fields must stay inside, too."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = (
            int.from_bytes(extra[at : at + 2], "little"),
            int.from_bytes(extra[at + 2 : at + 4], "little"),
        )
        if kind == _UNICODE_PATH:
            inside(extra[at + 9 : at + 4 + size].decode("utf-8", "replace"))
        at += 4 + size


def _unpack(file: IO[bytes], member: zipfile.ZipInfo, tally: Tally) -> int:
    """Count what comes out of a member; returns where its data end."""
    name = shown(member.orig_filename)
    file.seek(member.header_offset)
    header = file.read(_LOCAL_BYTES)
    if len(header) < _LOCAL_BYTES or not header.startswith(_LOCAL):
        raise ArchiveError(f"it is broken: {name} is not where the directory says")
    flags, method = int.from_bytes(header[6:8], "little"), int.from_bytes(header[8:10], "little")
    name_bytes, extra_bytes = int.from_bytes(header[26:28], "little"), int.from_bytes(header[28:30], "little")
    local_name = file.read(name_bytes)
    _check_extra(file.read(extra_bytes))
    if flags & _ENCRYPTED:
        raise ArchiveError(f"{name} is encrypted")
    # Programs that unpack a stream go by this header, others by the directory: both must say the same.
    known_name = member.orig_filename.encode("utf-8" if member.flag_bits & _UTF8 else "cp437")
    if local_name != known_name or method != member.compress_type:
        raise ArchiveError(f"it is broken: {name} has another name or kind in the directory")
    start = member.header_offset + _LOCAL_BYTES + name_bytes + extra_bytes
    file.seek(start)
    size, check = _Inflated(file, member, tally, name).run()
    if size != member.file_size or check != member.CRC:
        raise ArchiveError(f"it is broken: {name} is not what its header says")
    return start + member.compress_size


class _Inflated:
    """The data of one member, read as what they are."""

    def __init__(self, file: IO[bytes], member: zipfile.ZipInfo, tally: Tally, name: str) -> None:
        self._file = file
        self._left = member.compress_size
        self._stored = member.compress_type == zipfile.ZIP_STORED
        self._tally = tally
        self._name = name
        self._size = 0
        self._crc = 0

    def run(self) -> tuple[int, int]:
        """Size and CRC-32 of what came out."""
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        while self._left:
            data = self._file.read(min(_CHUNK_BYTES, self._left))
            if not data:
                raise ArchiveError(f"it is truncated inside {self._name}")
            self._left -= len(data)
            if self._stored:
                self._came(data)
            else:
                self._inflate(inflate, data)
        if not self._stored and not inflate.eof:
            raise ArchiveError(f"it is broken: the data of {self._name} have no end")
        return self._size, self._crc

    def _inflate(self, inflate: zlib._Decompress, data: bytes) -> None:
        try:
            while data:
                if inflate.eof:
                    raise ArchiveError(f"it is broken: {self._name} has data after its end")
                self._came(inflate.decompress(data, _CHUNK_BYTES))
                if inflate.unused_data:
                    raise ArchiveError(f"it is broken: {self._name} has data after its end")
                data = inflate.unconsumed_tail
        except zlib.error as error:
            raise ArchiveError(f"it is broken: the data of {self._name} can't be unpacked: {error}") from None

    def _came(self, data: bytes) -> None:
        self._size += len(data)
        self._crc = zlib.crc32(data, self._crc)
        self._tally.unpacked(len(data))
