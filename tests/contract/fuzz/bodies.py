"""Request bodies: JSON, forms and files, good in parts."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from tests.contract.fuzz.values import BROKEN_JSON, json_values, mutated, texts

PNG: Final = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(32)
WAV: Final = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(24)
MP4: Final = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(64)
_BOUNDARY: Final = "fuzz"
_FIELDS: Final = (
    "file", "model", "payload", "priority", "platform", "user_id", "data", "meta", "output_directory", "files", "name",
    "command", "status", "progress", "webhook_url", "ttl", "",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Body:
    data: bytes
    headers: dict[str, str]


def _zip(files: dict[str, bytes], *, packed: int = zipfile.ZIP_DEFLATED, times: int = 1) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packed) as archive:
        for _ in range(times):
            for name, content in files.items():
                archive.writestr(zipfile.ZipInfo(name), content, packed)
    return out.getvalue()


def _tar(*members: tuple[str, bytes, str], packed: bool = True) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz" if packed else "w") as archive:
        for name, kind, target in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
    return out.getvalue()


def archives() -> tuple[bytes, ...]:
    """Archives as attackers pack them."""
    good = _zip({"a.py": b"print(1)\n", "b/c.txt": b"x" * 300})
    bomb = _zip({f"zeros-{n}": bytes(12_000_000) for n in range(8)})
    nested = good
    for level in range(5):
        nested = _zip({f"{level}.zip": nested}, packed=zipfile.ZIP_STORED)
    end = good.rindex(b"PK\x05\x06")
    overlapping = bytearray(_zip({f"{n}.txt": b"same" * 100 for n in range(3)}))
    first = overlapping.index(b"PK\x01\x02")
    second = overlapping.index(b"PK\x01\x02", first + 4)
    overlapping[second + 42 : second + 46] = overlapping[first + 42 : first + 46]
    lying = bytearray(good)
    at = lying.index(b"PK\x01\x02")
    lying[at + 24 : at + 28] = b"\xff\xff\xff\x7f"
    link = io.BytesIO()
    with zipfile.ZipFile(link, "w") as archive:
        info = zipfile.ZipInfo("passwd")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return (
        good, b"", b"PK", b"PK\x05\x06" + bytes(18), good[: len(good) // 2], good[:end], good[end:], good + good,
        bytes(overlapping), bytes(lying), nested, link.getvalue(), bomb, b"#!/bin/sh\n" + good,
        _zip({"../../etc/cron.d/x": b"x", "/abs": b"y", "C:\\x": b"z", "a\\..\\b": b"", "\u202egpj.py": b""}),
        _zip({"a" * 3000 + "/b": b"", "nul\x00l": b"", "con": b"", "a/" * 400 + "z": b""}),
        _zip({"A": b"1", "a": b"2"}), good[:60] + b"\xff" * 40 + good[100:],
        _tar(("/etc/passwd", tarfile.REGTYPE, ""), ("../../x", tarfile.REGTYPE, "")),
        _tar(("l", tarfile.SYMTYPE, "/etc"), ("l/x", tarfile.REGTYPE, ""), ("h", tarfile.LNKTYPE, "../../h")),
        _tar(("d", tarfile.CHRTYPE, ""), ("f", tarfile.FIFOTYPE, "")), _tar(("x", b"Q", ""), packed=False),
        gzip.compress(bytes(30_000_000)), gzip.compress(b"no tar at all"), _tar(("a", b"0", ""))[:40],
        b"\xfd7zXZ\x00" + bytes(30), b"BZh9" + bytes(30), b"\x28\xb5\x2f\xfd" + bytes(30),
        b"7z\xbc\xaf\x27\x1c" + bytes(30),
    )  # fmt: skip


ARCHIVES: Final = archives()
_contents: SearchStrategy[bytes] = st.one_of(
    st.sampled_from(ARCHIVES),
    st.sampled_from([PNG, WAV, MP4, MP4[:9], PNG[:7], b"\xff\xd8\xff"]),
    st.binary(max_size=60),
)
_mimes = st.sampled_from(
    ["application/zip", "image/png", "video/mp4", "application/gzip", "text/plain; charset=x", "a", "", "/", "a/b;c=\"",
     "multipart/mixed; boundary=x"]
)  # fmt: skip


def _quoted(text: str) -> bytes:
    return text.encode("utf-8", "replace").replace(b"\r", b"").replace(b"\n", b"%0A")


@st.composite
def forms(draw: st.DrawFn, seeds: tuple[Any, ...]) -> Body:
    """A form of some parts, each of which may be broken, as may be its boundaries."""
    out = b""
    for _ in range(draw(st.integers(0, 4))):
        name = draw(st.one_of(st.sampled_from(_FIELDS), texts))
        disposition = b'Content-Disposition: form-data; name="' + _quoted(name) + b'"'
        if name == "file" or draw(st.integers(0, 3)) == 0:
            quoted = draw(
                st.sampled_from(
                    [b'; filename="%s"', b"; filename*=utf-8''%s", b"; filename=%s", b"; filename*=x'%s"]
                )
            )
            disposition += quoted.replace(b"%s", _quoted(draw(st.one_of(st.just("a.zip"), texts))))
            content = draw(_contents)
        elif bool(seeds) and draw(st.booleans()):
            content = _dumped(draw(mutated(draw(st.sampled_from(seeds)))))
        else:
            content = draw(st.one_of(texts.map(_encoded), json_values.map(_dumped), _contents))
        broken = draw(st.integers(0, 19))
        head = b"" if broken == 0 else disposition + b"\r\n"
        if draw(st.booleans()):
            head += b"Content-Type: " + draw(_mimes).encode() + b"\r\n"
        if broken == 1:
            head += (
                b"Content-Transfer-Encoding: "
                + draw(st.sampled_from([b"base64", b"quoted-printable", b"x"]))
                + b"\r\n"
            )
        if broken == 2:
            head += (
                b"Content-Encoding: " + draw(st.sampled_from([b"gzip", b"deflate", b"br", b"x"])) + b"\r\n"
            )
        if broken == 3:
            head += b"Content-Length: 99999\r\n"
        out += b"--" + _BOUNDARY.encode() + b"\r\n" + head + b"\r\n" + content + b"\r\n"
    ending = draw(st.integers(0, 9))
    if ending > 1:
        out += b"--" + _BOUNDARY.encode() + b"--\r\n"
    elif ending == 1:
        out = out[: len(out) // 2]
    boundary = draw(st.sampled_from([_BOUNDARY] * 12 + ["", "other", "x" * 80, '"fuzz', "fu zz"]))
    return Body(out, {"Content-Type": f"multipart/form-data; boundary={boundary}"})


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


def bodies(seeds: tuple[Any, ...]) -> SearchStrategy[Body]:
    """Any body; ``seeds``: JSON that the route takes."""
    good = [mutated(seed) for seed in seeds]
    as_json = st.one_of(*good, *good, *good, json_values).map(_dumped)
    raw = st.one_of(as_json, as_json, as_json, st.sampled_from(BROKEN_JSON))
    plain = raw.map(lambda data: Body(data, {"Content-Type": "application/json"}))
    odd = st.builds(
        lambda data, kind: Body(data, {"Content-Type": kind}),
        raw,
        st.sampled_from(
            ["application/json; charset=utf-16", "application/json; charset=klingon", "text/plain", "a", "",
             "application/x-www-form-urlencoded", "application/octet-stream", "multipart/form-data", "json"]
        ),
    )  # fmt: skip
    packed = st.builds(
        lambda data, coding: Body(
            data if coding == "lies" else (gzip.compress(data) if coding == "gzip" else zlib.compress(data)),
            {"Content-Type": "application/json", "Content-Encoding": "gzip" if coding == "lies" else coding},
        ),
        raw,
        st.sampled_from(["gzip", "deflate", "lies"]),
    )
    return st.one_of(plain, plain, plain, plain, odd, packed, forms(seeds), st.just(Body(b"", {})))
