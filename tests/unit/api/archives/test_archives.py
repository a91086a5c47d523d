"""Archives on the way in: what is taken, and each reason why one is not."""

from __future__ import annotations

import contextlib
import gzip
import io
import random
import stat
import struct
import tarfile
import zipfile
import zlib

import pytest
from tests.unit.api.archives import samples

from headrace_api.core.archives.check import check_archive
from headrace_api.core.archives.limits import ArchiveError, ArchiveLimits
from headrace_contracts.catalogue.project import GZIP, TAR, ZIP

_SMALL = ArchiveLimits(max_unpacked_bytes=8 << 20, max_ratio=20, ratio_from_bytes=1 << 20, max_entries=50)


def _check(data: bytes, limits: ArchiveLimits = _SMALL) -> str:
    return check_archive(io.BytesIO(data), len(data), limits)


def _refused(data: bytes, limits: ArchiveLimits = _SMALL) -> str:
    with pytest.raises(ArchiveError) as caught:
        _check(data, limits)
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (samples.zipped(), ZIP),
        (samples.zipped(method=zipfile.ZIP_STORED), ZIP),
        (samples.zipped(folders=["src", "empty"]), ZIP),
        (samples.zipped({"./a b/ü.txt": b"x", "café": b"", "a/..b": b"y"}), ZIP),
        (samples.tarred(), TAR),
        (samples.tarred(form=tarfile.GNU_FORMAT), TAR),
        (samples.tarred(form=tarfile.USTAR_FORMAT), TAR),
        (samples.tarred({"./deep/" + "n" * 200: b"x", "ü": b"y"}), TAR),
        (samples.tarred({"d/" + "n" * 120 + "/f": b"x"}, form=tarfile.GNU_FORMAT), TAR),
        (gzip.compress(samples.tarred()), GZIP),
        (gzip.compress(samples.tarred()[:1024]) + gzip.compress(samples.tarred()[1024:]), GZIP),
    ],
)
def test_good_archive_is_taken_by_its_content(data: bytes, kind: str) -> None:
    assert _check(data) == kind


def test_the_folder_itself_and_folders_twice_are_no_harm() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name in (".", "./src", "./src/"):
            folder = tarfile.TarInfo(name)
            folder.type = tarfile.DIRTYPE
            archive.addfile(folder)
        file = tarfile.TarInfo("./src/a")
        archive.addfile(file, io.BytesIO())
    assert _check(out.getvalue()) == TAR


@pytest.mark.parametrize("data", [b"", b"#!/bin/sh\n", b"\x89PNG" + bytes(600), b"PK", bytes(range(256)) * 8])
def test_what_is_no_archive(data: bytes) -> None:
    assert "empty" in _refused(data) if not data else "no ZIP or tar" in _refused(data)


def test_gzip_of_something_else_is_no_archive() -> None:
    assert "no ZIP or tar" in _refused(gzip.compress(b"only a text\n" * 100))


@pytest.mark.parametrize("data", [samples.zipped({}), samples.zipped({}, folders=["a"]), bytes(10240)])
def test_archive_without_a_file(data: bytes) -> None:
    assert "no file" in _refused(data)


@pytest.mark.parametrize("whole", [samples.zipped(), samples.tarred(), gzip.compress(samples.tarred())])
def test_truncated_at_any_place(whole: bytes) -> None:
    end = 2048 if whole[:4] == samples.tarred()[:4] else len(whole)  # behind it a tar has only zeros
    for cut in sorted({1, 3, 100, end // 3, end // 2, end - 600, end - 20, end - 1}):
        if 0 < cut < end:
            _refused(whole[:cut])


@pytest.mark.parametrize("seed", range(30))
def test_damage_never_ends_in_another_error(seed: int) -> None:
    """Whatever is flipped: it is taken or refused, never an exception of a library."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    for whole in (
        samples.zipped(),
        samples.tarred(),
        samples.pax_named("a"),
        gzip.compress(samples.tarred()),
    ):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with contextlib.suppress(ArchiveError):
            assert _check(bytes(data)) in {ZIP, TAR, GZIP}


_OUTSIDE = [
    ("/etc/cron.d/x", "absolute"),
    ("../x", "leads out"),
    ("a/../../x", "leads out"),
    ("a/..", "leads out"),
    ("..\\x", "leads out"),
    ("\\\\server\\x", "absolute"),
    ("C:\\x", "drive"),
    ("./c:x", "drive"),
    ("a/" + "n" * 256, "too long"),
    ("/".join(["n" * 200] * 25), "too long"),
]


@pytest.mark.parametrize(("name", "reason"), _OUTSIDE)
def test_path_that_leaves_the_folder(name: str, reason: str) -> None:
    assert reason in _refused(samples.zipped({"ok": b"", name: b"x"}))
    assert reason in _refused(samples.tarred({"ok": b"", name: b"x"}))
    assert reason in _refused(samples.pax_named(name))
    assert reason in _refused(gzip.compress(samples.tarred({name: b"x"}, form=tarfile.GNU_FORMAT)))


def test_second_name_of_a_zip_member_is_looked_at() -> None:
    name, evil = b"ok", b"../../evil"
    field = struct.pack("<BL", 1, zlib.crc32(name)) + evil
    extra = struct.pack("<HH", 0x7075, len(field)) + field
    data = samples.crafted_zip(name, b"x", size=1, crc=zlib.crc32(b"x"), method=0, extra=extra)
    assert "leads out" in _refused(data)


def test_name_cut_by_a_nul_is_refused() -> None:
    data = samples.crafted_zip(b"ok\x00/../../evil", b"x", size=1, crc=zlib.crc32(b"x"), method=0)
    assert "NUL" in _refused(data)


def test_member_without_a_name() -> None:
    assert "no name" in _refused(samples.crafted_zip(b"", b"x", size=1, crc=zlib.crc32(b"x"), method=0))
    assert "no name" in _refused(samples.tarred({"./": b"x"}))


def test_one_place_twice() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a", b"2")
    assert "twice" in _refused(out.getvalue())
    assert "twice" in _refused(samples.zipped({"a/b": b"1", "./a//b": b"2"}))
    assert "twice" in _refused(samples.tarred({"a": b"1", "./a": b"2"}))
    assert "a file and a folder" in _refused(samples.tarred({"a": b"1", "a/b": b"2"}))
    assert "twice" in _refused(samples.tarred({"a/b": b"1", "a": b"2"}))


@pytest.mark.parametrize(
    ("kind", "reason"), [(stat.S_IFLNK, "is a link"), (stat.S_IFIFO, "device"), (stat.S_IFCHR, "device")]
)
def test_zip_member_that_is_no_file(kind: int, reason: str) -> None:
    assert reason in _refused(samples.zipped_kind("x", kind))


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (tarfile.SYMTYPE, "a link"),
        (tarfile.LNKTYPE, "a hard link"),
        (tarfile.FIFOTYPE, "device"),
        (tarfile.CHRTYPE, "device"),
        (tarfile.BLKTYPE, "device"),
        (b"Z", "not known"),
    ],
)
def test_tar_member_that_is_no_file(kind: bytes, reason: str) -> None:
    assert reason in _refused(samples.tarred_kind("x", kind, link="first"))


@pytest.mark.parametrize("flags", [0x1, 0x41, 0x2001])
def test_encrypted_zip(flags: int) -> None:
    data = samples.crafted_zip(b"a", b"x" * 20, size=8, crc=0, method=0, flags=flags)
    assert "encrypted" in _refused(data)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, 97])
def test_compression_that_workers_may_not_have(method: int) -> None:
    assert "use deflate" in _refused(samples.crafted_zip(b"a", b"x" * 20, size=8, crc=0, method=method))


def test_bombs_are_found_by_what_comes_out() -> None:
    zeros = bytes(6 << 20)
    assert "times its size" in _refused(samples.zipped({"zeros": zeros}))
    assert "times its size" in _refused(samples.gz_of_zeros(6))
    wide = ArchiveLimits(max_unpacked_bytes=4 << 20, max_ratio=1e9, ratio_from_bytes=1, max_entries=10)
    assert "more than 4 MiB" in _refused(samples.zipped({"zeros": zeros}), wide)
    assert "more than 4 MiB" in _refused(samples.gz_of_zeros(6), wide)
    assert "more than 4 MiB" in _refused(samples.tarred({"zeros": zeros}), wide)


def test_zip_that_lies_about_its_size_is_counted_all_the_same() -> None:
    """Sizes and CRC fit the first ten bytes: a program that believes them sees a good archive."""
    zeros = bytes(6 << 20)
    lie = samples.crafted_zip(b"a", samples.deflated(zeros), size=10, crc=zlib.crc32(zeros[:10]))
    with zipfile.ZipFile(io.BytesIO(lie)) as archive:
        assert archive.read("a") == zeros[:10]
    assert "times its size" in _refused(lie)
    small = bytes(1000)
    lie = samples.crafted_zip(b"a", samples.deflated(small), size=10, crc=zlib.crc32(small[:10]))
    assert "not what its header says" in _refused(lie)


def test_zip_with_something_behind_a_member() -> None:
    data = samples.deflated(b"good") + b"hidden"
    assert "after its end" in _refused(samples.crafted_zip(b"a", data, size=4, crc=zlib.crc32(b"good")))
    short = samples.deflated(b"good" * 100)
    crafted = samples.crafted_zip(
        b"a", short, size=400, crc=zlib.crc32(b"good" * 100), packed_size=len(short) - 1
    )
    _refused(crafted)


def test_zip_whose_two_headers_differ() -> None:
    data = samples.crafted_zip(b"ok", b"x", size=1, crc=zlib.crc32(b"x"), method=0, local_name=b"no")
    assert "another name" in _refused(data)


def test_zip_whose_members_share_their_data() -> None:
    """Each entry of the directory points at the one file: small, and large once unpacked."""
    one = samples.crafted_zip(b"a", b"x" * 100, size=100, crc=zlib.crc32(b"x" * 100), method=0)
    start = one.index(b"PK\x01\x02")
    end = one.index(b"PK\x05\x06")
    entry = one[start:end]
    directory = entry + entry[:-1] + b"b"
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, len(directory), start, 0)
    assert "overlaps" in _refused(one[:start] + directory + tail)


def test_too_many_members() -> None:
    many = {str(number): b"" for number in range(51)}
    assert "more than 50 members" in _refused(samples.zipped(many))
    assert "more than 50 members" in _refused(samples.tarred(many))


def test_directory_that_would_fill_the_memory() -> None:
    big = samples.crafted_zip(b"a", b"x", size=1, crc=zlib.crc32(b"x"), method=0, extra=bytes(60000))
    end = big.index(b"PK\x05\x06")
    start = big.index(b"PK\x01\x02")
    directory = big[start:end] * 40
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 40, 40, len(directory), start, 0)
    assert "directory is too large" in _refused(big[:start] + directory + tail)


def test_header_that_would_fill_the_memory() -> None:
    assert "too large a header" in _refused(samples.huge_pax(1 << 20))
    assert _check(samples.huge_pax(1 << 16)) == TAR


def test_sparse_file_is_refused() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("GNUSparseFile.0/holes")
        info.size = 512
        info.pax_headers = {
            "GNU.sparse.major": "0",
            "GNU.sparse.minor": "1",
            "GNU.sparse.name": "holes",
            "GNU.sparse.size": str(1 << 50),
            "GNU.sparse.map": "0,512",
        }
        archive.addfile(info, io.BytesIO(bytes(512)))
    assert "sparse" in _refused(out.getvalue())


def test_tar_with_more_behind_its_end_is_refused() -> None:
    """Some programs go on behind a damaged header or the end: they would unpack what was not looked at."""
    whole = samples.tarred()
    assert "behind its members" in _refused(whole + samples.tarred({"../evil": b"x"}))
    middle = whole[:1024] + b"damage".ljust(512, b"!") + whole[1024:]
    assert _refused(middle)
    assert "end of the tar archive is missing" in _refused(whole[:2048])


def test_an_archive_in_an_archive_is_a_file_like_any_other() -> None:
    """Nobody unpacks it: a bomb inside of one is a small file."""
    bomb = samples.zipped({"zeros": bytes(_SMALL.max_unpacked_bytes + 1)})
    assert _check(samples.zipped({"bomb.zip": bomb})) == ZIP
    assert _check(samples.tarred({"a/bomb.zip": bomb})) == TAR


@pytest.mark.parametrize(
    "names",
    [
        ("README", "readme"),
        ("e\u0301", "\u00e9"),
        ("a", "a "),
        ("\uff0e\uff0e/x", "x"),
        ("\u2024\u2024/x", "x"),
    ],
)
def test_names_that_only_other_systems_mix_up_are_names(names: tuple[str, str]) -> None:
    """Workers are Linux machines: there these are places of their own, and nothing that leads up."""
    assert _check(samples.zipped(dict.fromkeys(names, b"x"))) == ZIP
    assert _check(samples.tarred(dict.fromkeys(names, b"x"))) == TAR
