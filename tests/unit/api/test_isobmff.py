"""Films by their first boxes."""

from __future__ import annotations

import pytest

from headrace_api.mime.judge import FileJudge

_MP4, _MOV = "video/mp4", "video/mov"


def box(kind: bytes, content: bytes = b"", size: int | None = None) -> bytes:
    return (8 + len(content) if size is None else size).to_bytes(4, "big") + kind + content


def ftyp(brand: bytes, *compatible: bytes) -> bytes:
    return box(b"ftyp", brand + bytes(4) + b"".join(compatible))


_MOVIE = box(b"moov", box(b"mvhd", bytes(100)))
_MEDIA = box(b"mdat", bytes(2000))


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (ftyp(b"isom", b"isom", b"avc1") + _MOVIE, _MP4),
        (ftyp(b"mp42", b"mp42") + _MOVIE, _MP4),
        (ftyp(b"iso5", b"iso5", b"iso6") + _MOVIE, _MP4),
        (ftyp(b"iso6", b"cmfc") + _MOVIE, _MP4),
        (ftyp(b"dash", b"dash") + _MOVIE, _MP4),
        (ftyp(b"M4V ", b"M4V ") + _MOVIE, _MP4),
        (ftyp(b"XAVC", b"XAVC") + _MOVIE, _MP4),
        (ftyp(b"qt  ", b"qt  ") + box(b"wide") + _MEDIA, _MOV),
        (ftyp(b"qt  ") + _MOVIE, _MOV),
        (_MOVIE + _MEDIA, _MOV),
        (box(b"wide") + _MEDIA + _MOVIE, _MOV),
        (box(b"free", bytes(40)) + _MOVIE, _MOV),
        (box(b"skip", bytes(40)) + box(b"mdat", bytes(2000), 1), _MOV),
        (box(b"mdat", bytes(2000), 0), _MOV),
        (_MEDIA + _MOVIE, _MOV),
    ],
    ids=lambda value: value if isinstance(value, str) else value[4:16].hex(),
)
@pytest.mark.parametrize("name", ["film.mp4", "film.mov", "film", "film.bin"])
def test_a_film_is_known_by_its_content(content: bytes, found: str, name: str) -> None:
    judge = FileJudge(filename=name, content_type=None)
    judge.feed(content)
    assert judge.verdict() == (found, None)


@pytest.mark.parametrize(
    "content",
    [
        ftyp(b"M4A ", b"M4A ") + _MOVIE,
        ftyp(b"heic", b"mif1") + box(b"meta", bytes(40)),
        ftyp(b"jp2 ", b"jp2 ") + bytes(40),
        ftyp(b"crx ", b"crx ") + _MOVIE,
        box(b"moov", b"and then some"),
        box(b"free", bytes(40)),
        box(b"wide") + box(b"text", bytes(100)),
        box(b"free", bytes(40), 7) + _MOVIE,
        b"text mdat is only a word here, and no film",
        b"mp4 in name only\n" * 20,
        b"RIFF\x24\x00\x00\x00AVI LIST" + bytes(100),
        bytes.fromhex("1a45dfa3") + bytes(100),
        bytes(4000),
        b"\x00\x00",
    ],
    ids=lambda value: value[:16].hex(),
)
def test_nothing_else_is_one(content: bytes) -> None:
    judge = FileJudge(filename="film.mp4", content_type=None)
    judge.feed(content)
    assert judge.verdict()[0] not in {_MP4, _MOV}
