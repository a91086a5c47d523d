"""Archives, good and nasty, made byte by byte where a library would not make them."""

from __future__ import annotations

import gzip
import io
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Mapping

FILES: Mapping[str, bytes] = {"run.sh": b"echo done > output/result\n", "src/model.py": b"import this\n" * 20}


def zipped(
    files: Mapping[str, bytes] | None = None,
    *,
    method: int = zipfile.ZIP_DEFLATED,
    folders: Iterable[str] = (),
) -> bytes:
    """A ZIP archive as any program makes it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for folder in folders:
            archive.writestr(f"{folder}/", b"")
        for name, content in (FILES if files is None else files).items():
            archive.writestr(name, content)
    return out.getvalue()


def zipped_kind(name: str, kind: int, content: bytes = b"/etc/passwd") -> bytes:
    """A ZIP archive with one member of a Unix kind, such as ``stat.S_IFLNK``."""
    out = io.BytesIO()
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (kind | stat.S_IRWXU) << 16
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, content)
    return out.getvalue()


def crafted_zip(
    name: bytes,
    data: bytes,
    *,
    size: int,
    crc: int,
    method: int = 8,
    flags: int = 0,
    local_name: bytes | None = None,
    extra: bytes = b"",
    packed_size: int | None = None,
) -> bytes:
    """A ZIP archive with one member whose headers say what they are told to."""
    packed = len(data) if packed_size is None else packed_size
    first = name if local_name is None else local_name
    local = struct.pack(
        "<4s5H3L2H", b"PK\x03\x04", 20, flags, method, 0, 0x21, crc, packed, size, len(first), 0
    )
    body = local + first + data
    central = struct.pack(
        "<4s6H3L5H2L",
        b"PK\x01\x02", 20, 20, flags, method, 0, 0x21, crc, packed, size, len(name), len(extra), 0, 0, 0, 0, 0,
    )  # fmt: skip
    directory = central + name + extra
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(directory), len(body), 0)
    return body + directory + end


def deflated(content: bytes) -> bytes:
    """Without a header, as in a ZIP archive."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


def tarred(files: Mapping[str, bytes] | None = None, *, form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar archive as any program makes it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, content in (FILES if files is None else files).items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def tarred_kind(name: str, kind: bytes, *, link: str = "") -> bytes:
    """A tar archive with a file and a member of another kind, such as ``tarfile.SYMTYPE``."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        first = tarfile.TarInfo("first")
        first.size = 3
        archive.addfile(first, io.BytesIO(b"one"))
        info = tarfile.TarInfo(name)
        info.type = kind
        info.linkname = link
        archive.addfile(info)
    return out.getvalue()


def pax_named(name: str, header_name: str = "innocent") -> bytes:
    """A tar archive whose member gets its name from a pax record."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo(header_name)
        info.pax_headers = {"path": name}
        info.size = 1
        archive.addfile(info, io.BytesIO(b"x"))
    return out.getvalue()


def huge_pax(size: int) -> bytes:
    """A tar archive with a pax record of ``size`` bytes."""
    record = b"%d comment=" % size
    body = record.ljust(size - 1, b"x") + b"\n"
    header = tarfile.TarInfo("././@PaxHeader")
    header.type = tarfile.XHDTYPE
    header.size = len(body)
    padded = body + bytes(-len(body) % 512)
    return header.tobuf(tarfile.USTAR_FORMAT) + padded + tarred()


def gz_of_zeros(megabytes: int) -> bytes:
    """A tar archive in gzip with one file of zeros."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1) as packed:
        info = tarfile.TarInfo("zeros")
        info.size = megabytes << 20
        packed.write(info.tobuf())
        for _ in range(megabytes):
            packed.write(bytes(1 << 20))
        packed.write(bytes(1024))
    return out.getvalue()
