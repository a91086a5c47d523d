"""Checks a tar archive (POSIX pax, GNU), plain or in gzip."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from typing import IO, cast

from headrace_api.core.archives.limits import ArchiveError
from headrace_api.core.archives.names import shown
from headrace_api.core.archives.reader import ForwardReader
from headrace_api.core.archives.tally import Tally

#: The most that the headers of one member may take: its own block, long names, pax records.
_HEADER_BYTES = 256 * 1024
_LINKS = {tarfile.SYMTYPE: "a link", tarfile.LNKTYPE: "a hard link"}
_BROKEN = (tarfile.TarError, ValueError, OverflowError, RecursionError, EOFError, LookupError)


def check_tar(file: IO[bytes], tally: Tally) -> None:
    """Raises ArchiveError with the reason why it is not taken."""
    # Its data are not packed: what is counted are the sizes of the members, holes of sparse files included.
    _walk(ForwardReader(file, lambda _size: None, budget=_HEADER_BYTES), tally, count_members=True)


def check_tar_gz(file: IO[bytes], tally: Tally) -> None:
    """The same in gzip: what is counted is what comes out, headers included."""
    with gzip.GzipFile(fileobj=file, mode="rb") as unpacked:
        reader = ForwardReader(cast("IO[bytes]", unpacked), tally.unpacked, budget=_HEADER_BYTES)
        try:
            _walk(reader, tally, count_members=False)
        except EOFError:
            raise ArchiveError("it is truncated: the gzip data break off") from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise ArchiveError(f"the gzip data are broken: {error}") from None


def _walk(reader: ForwardReader, tally: Tally, *, count_members: bool) -> None:
    with _opened(reader) as archive:
        while True:
            reader.renew()
            member = _next(archive)
            if member is None:
                break
            _check(member, tally)
            if count_members:
                tally.unpacked(member.size)
    # tarfile also stops at a damaged header, other programs go on behind it.
    if not reader.last:
        raise ArchiveError("it is truncated: the end of the tar archive is missing")
    if reader.last.strip(b"\x00") or not reader.rest():
        raise ArchiveError("it is broken: there is something else between or behind its members")


def _opened(reader: ForwardReader) -> tarfile.TarFile:
    try:
        return tarfile.TarFile(fileobj=cast("IO[bytes]", reader), mode="r", errorlevel=2)
    except tarfile.ReadError:
        raise ArchiveError("it is no ZIP or tar archive") from None
    except (gzip.BadGzipFile, EOFError):
        raise
    except _BROKEN as error:
        raise ArchiveError(f"the tar archive is broken: {error}") from None


def _next(archive: tarfile.TarFile) -> tarfile.TarInfo | None:
    try:
        return archive.next()
    except tarfile.ReadError as error:
        raise ArchiveError(f"the tar archive is truncated or broken: {error}") from None
    except (gzip.BadGzipFile, EOFError):
        raise
    except _BROKEN as error:
        raise ArchiveError(f"the tar archive is broken: {error}") from None


def _check(member: tarfile.TarInfo, tally: Tally) -> None:
    if member.type in _LINKS:
        raise ArchiveError(f"{shown(member.name)} is {_LINKS[member.type]}")
    if member.ischr() or member.isblk() or member.isfifo():
        raise ArchiveError(f"{shown(member.name)} is a device or another special file")
    if member.issparse():
        raise ArchiveError(f"{shown(member.name)} is a sparse file; pack it as it is")
    if not (member.isreg() or member.isdir()):
        raise ArchiveError(f"{shown(member.name)} is of a kind that is not known: {member.type!r}")
    if member.size < 0:
        raise ArchiveError(f"it is broken: {shown(member.name)} has a negative size")
    tally.member(member.name, folder=member.isdir())
