"""The type of a file by its content, and whether it agrees with what is said of it."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from headrace_api.mime.judge import FileJudge
from headrace_api.mime.names import DOC, DOCX, XLSX, canonical, declared_type, extension_type

OLE = bytes.fromhex("d0cf11e0a1b11ae1")
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(32)


def office(member: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(member, "x" * 200_000, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def binary_stl(facets: int) -> bytes:
    return b"solid made by a program".ljust(80, b"\0") + struct.pack("<I", facets) + bytes(50 * facets)


def judged(content: bytes, name: str | None = None, declared: str | None = None) -> tuple[str, str | None]:
    judge = FileJudge(filename=name, content_type=declared)
    for at in range(0, len(content), 1000):
        judge.feed(content[at : at + 1000])
    return judge.verdict()


CONTENT: list[tuple[str, bytes, str | None, str]] = [
    ("png", PNG, None, "image/png"),
    ("jpeg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(50), None, "image/jpeg"),
    ("gif", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;", None, "image/gif"),
    ("webp", b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(40), None, "image/webp"),
    ("wav", b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(40), None, "audio/wav"),
    ("avi", b"RIFF\x24\x00\x00\x00AVI LIST" + bytes(40), None, "video/avi"),
    ("mp3 with a tag", b"ID3\x03\x00\x00" + bytes(60), None, "audio/mpeg"),
    ("mp3 frame", b"\xff\xfb\x90\x00" + bytes(60), None, "audio/mpeg"),
    ("aac", b"\xff\xf1\x50\x80" + bytes(60), None, "audio/aac"),
    ("flac", b"fLaC\x00\x00\x00\x22" + bytes(60), None, "audio/flac"),
    ("ogg", b"OggS\x00\x02" + bytes(60), None, "audio/ogg"),
    ("m4a", b"\x00\x00\x00\x20ftypM4A \x00\x00\x00\x00M4A mp42isom" + bytes(40), None, "audio/m4a"),
    ("mp4", b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41" + bytes(40), None, "video/mp4"),
    ("mov", b"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00qt  " + bytes(40), None, "video/mov"),
    ("webm", bytes.fromhex("1a45dfa39f4286810142f7810142f2810442f381084282847765626d") + bytes(40), None, "video/webm"),
    ("mkv", bytes.fromhex("1a45dfa3a34286810142f7810142f2810442f38108428288") + b"matroska", None, "video/mkv"),
    ("pdf", b"%PDF-1.7\n%\xe2\xe3", None, "application/pdf"),
    ("docx", office("word/document.xml"), None, DOCX),
    ("xlsx", office("xl/workbook.xml"), None, XLSX),
    ("zip", office("readme.txt"), None, "application/zip"),
    ("doc", OLE + bytes(1500) + "WordDocument".encode("utf-16-le") + bytes(500), None, DOC),
    ("other OLE", OLE + bytes(2000), "a.doc", "application/x-ole-storage"),
    ("parquet", b"PAR1" + bytes(30) + b"PAR1", None, "application/x-parquet"),
    ("glb", b"glTF\x02\x00\x00\x00\x40\x00\x00\x00", None, "model/gltf-binary"),
    ("gltf", b'{"accessors": [], "asset": {"version": "2.0"}}', "a.gltf", "model/gltf+json"),
    ("no gltf", b'{"accessors": []}', "a.gltf", "application/json"),
    ("obj", b"# cube\nmtllib cube.mtl\nv 0.0 1.0 -2.5\nf 1 2 3\n", None, "model/obj"),
    ("stl text", b"solid cube\n facet normal 0 0 1\n outer loop\n", None, "model/stl"),
    ("stl binary", binary_stl(12), None, "model/stl"),
    ("json", b'  {"a": 1}', None, "application/json"),
    ("json lines", b'{"a": 1}\n{"a": 2}\n', "a.jsonl", "application/json"),
    ("json with a mark", b'\xef\xbb\xbf[1, 2]', None, "application/json"),
    ("xml", b'<?xml version="1.0"?><rows/>', None, "application/xml"),
    ("csv", b"a,b,c\n1,2,3\n4,5,6\n", None, "text/csv"),
    ("csv with semicolons", "größe;b\n1;2\n3;4\n".encode("latin-1"), None, "text/csv"),
    ("csv in utf-16", "a,b\n1,2\n3,4\n".encode("utf-16"), None, "text/csv"),
    ("csv whose first column is MZ", b"MZ,intensity\n1,2\n3,4\n", "a.csv", "text/csv"),
    ("text", b"Once upon a time", None, "text/plain"),
    ("one column", b"name\nann\nbob\n", "a.csv", "text/csv"),
    ("program", b"\x7fELF\x02\x01\x01" + bytes(60), None, "application/x-executable"),
    ("nothing known", bytes(range(1, 200)), None, "application/octet-stream"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "name", "mime"), [row[1:] for row in CONTENT], ids=[row[0] for row in CONTENT]
)
def test_type_by_content_and_name(content: bytes, name: str | None, mime: str) -> None:
    assert judged(content, name, "application/octet-stream") == (mime, None)
    assert judged(content, name) == (mime, None)


@pytest.mark.parametrize(
    ("content", "name", "declared", "mime"),
    [
        (b"a;b\n", "a.txt", "text/csv", "text/csv"),
        (b"a,b\n1,2\n3,4\n", "a.csv", "text/plain", "text/csv"),
        (b"a,b\n1,2\n3,4\n", "a.csv", "application/vnd.ms-excel", "text/csv"),
        (b"a,b\n1,2\n3,4\n", "notes", "text/plain; charset=utf-8", "text/plain"),
        (b"ID3\x03\x00" + bytes(60), "a.mp3", "audio/mp3", "audio/mpeg"),
        (b"\x00\x00\x00\x20ftypmp42\x00\x00\x00\x00mp42isom" + bytes(40), "a.m4a", "audio/mp4", "audio/m4a"),
        (b"<rows/>", "a.xml", "text/xml", "application/xml"),
        (PNG, "a.png", "IMAGE/PNG", "image/png"),
        (b'{"asset": {}}', "a.gltf", "application/json", "application/json"),
        (office("word/document.xml"), "a.doc", DOC, DOCX),
    ],
)
def test_declared_type_that_agrees(content: bytes, name: str, declared: str, mime: str) -> None:
    assert judged(content, name, declared) == (mime, None)


@pytest.mark.parametrize(
    ("content", "declared", "mime"),
    [
        (PNG, "image/jpeg", "image/png"),
        (b"%PDF-1.4 ", "image/png", "application/pdf"),
        (b"just text", "image/png", "text/plain"),
        (b"\x7fELF" + bytes(60), "audio/mpeg", "application/x-executable"),
        (PNG, "text/csv", "image/png"),
        (office("readme.txt"), DOCX, "application/zip"),
    ],
)
def test_declared_type_that_contradicts(content: bytes, declared: str, mime: str) -> None:
    assert judged(content, "file", declared) == (mime, canonical(declared))


def test_beginning_rules_out_types_early() -> None:
    judge = FileJudge(filename="a.mp4", content_type=None)
    judge.feed(PNG + bytes(70_000))
    assert judge.early_ready
    assert not judge.may_be(frozenset({"video/mp4"}))
    assert judge.may_be(frozenset({"image/png"}))


def test_office_documents_can_not_be_ruled_out_early() -> None:
    judge = FileJudge(filename=None, content_type=None)
    judge.feed(b"PK\x03\x04" + bytes(70_000))
    assert judge.may_be(frozenset({DOCX}))
    assert not judge.may_be(frozenset({"application/pdf"}))


def test_names() -> None:
    assert canonical("Audio/X-WAV; rate=1") == "audio/wav"
    assert declared_type("application/octet-stream") is None
    assert declared_type(None) is None
    assert extension_type("Table.CSV") == "text/csv"
    assert extension_type("csv") is None
