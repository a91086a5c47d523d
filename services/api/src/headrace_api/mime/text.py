"""Telling text formats apart by their first bytes."""

from __future__ import annotations

import re

from headrace_api.mime.names import CSV, GLTF, JSON, OBJ, PLAIN, STL, XML

_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_OBJ_LINE = re.compile(rb"(?m)^(v|vn|vt)[ \t]+[-+.\d]")
_STL_START = re.compile(rb"\s*solid\b", re.IGNORECASE)
_STL_FACET = re.compile(rb"\b(facet\s+normal|endsolid)\b", re.IGNORECASE)
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def plain_text(head: bytes) -> bytes | None:
    """The text in ``head`` as UTF-8 without byte order mark, or None when it is binary.

    8-bit text in an older encoding passes: it has no control characters either.
    """
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            even = head[: len(head) & ~1] if encoding == "utf-16" else head
            text = even.decode(encoding, "ignore").encode()
            return None if _CONTROL.search(text) else text
    return None if _CONTROL.search(head) else head


def text_type(text: bytes, promised: str | None) -> str:
    """The type of a text. ``promised`` (the sender's word or the file name) decides where several fit.

    CSV and plain text look alike: every text may be either, so there the promise alone counts.
    """
    start = text.lstrip()[:1]
    looks = _looks(text, start)
    if promised in {CSV, PLAIN}:
        return promised
    if promised == GLTF and start == b"{":
        return GLTF
    if promised == JSON and looks == PLAIN and start in b'"-0123456789tfn' and start:
        return JSON
    return looks


def _looks(text: bytes, start: bytes) -> str:
    if start in {b"{", b"["}:
        return JSON
    if start == b"<":
        return XML
    if _STL_START.match(text) and _STL_FACET.search(text):
        return STL
    if _OBJ_LINE.search(text):
        return OBJ
    return CSV if _is_table(text) else PLAIN


def _is_table(text: bytes) -> bool:
    """At least two whole lines with the same number, one or more, of the same separator."""
    lines = [line for line in text.splitlines()[:-1] if line.strip()][:5]
    if len(lines) < 2:
        return False
    return any(
        len({line.count(mark) for line in lines}) == 1 and mark in lines[0] for mark in (b",", b";", b"\t")
    )
