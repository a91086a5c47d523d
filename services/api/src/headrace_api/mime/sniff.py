"""The type of a file by its content, while it streams past."""

from __future__ import annotations

from typing import Any

import filetype  # type: ignore[import-untyped] # it ships no types

from headrace_api.mime.isobmff import film_type
from headrace_api.mime.names import DOC, DOCX, GLB, GLTF, OCTETS, STL, XLSX, canonical
from headrace_api.mime.text import plain_text, text_type
from headrace_api.mime.zips import ZIP, zip_type

#: How much of the beginning is looked at.
HEAD_BYTES = 64 * 1024
#: How much of the end of a ZIP file: the directory of some thousand members.
_TAIL_BYTES = 256 * 1024
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_WORD_STREAM = "WordDocument".encode("utf-16-le")
_GLTF_ASSET = b'"asset"'
_STL_HEADER_BYTES = 84
_STL_FACET_BYTES = 50
OLE = "application/x-ole-storage"
#: Formats of their own that are written in plain characters.
_TEXTUAL = frozenset({"application/pdf", "application/rtf"})

#: Content that carries several types, told apart by what is promised: sound or pictures in one container.
_FAMILIES: dict[str, frozenset[str]] = {
    family: frozenset({"video/mp4", "video/mov", "audio/m4a", "video/3gpp"})
    for family in ("video/mp4", "video/mov", "audio/m4a", "video/3gpp")
} | {
    "audio/ogg": frozenset({"audio/ogg", "video/ogg"}),
    "video/webm": frozenset({"video/webm", "audio/webm", "video/mkv"}),
    "video/mkv": frozenset({"video/mkv", "audio/x-matroska", "video/webm"}),
    # ADTS and MPEG audio frames begin alike, and either may follow an ID3 tag.
    "audio/mpeg": frozenset({"audio/mpeg", "audio/aac"}),
}


def _by_signature(head: bytes) -> str | None:
    if head.startswith(b"glTF") and len(head) >= 12:
        return GLB
    if head.startswith(b"PAR1"):
        return "application/x-parquet"
    if head.startswith(_OLE):
        return OLE
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ZIP
    if head[:1024].lstrip(b"\x00\t\n\f\r \xef\xbb\xbf").startswith(b"%PDF-"):
        return "application/pdf"
    if head.startswith(b"{\\rtf"):
        return "application/rtf"
    if head[:2] in {b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xfa"}:
        return "audio/mpeg"
    kind: Any = filetype.guess(head[:8192])
    return film_type(head) if kind is None else canonical(kind.mime)


class Sniffer:
    """Feed it the bytes of one file, then ask for its type."""

    def __init__(self, *, promised: str | None) -> None:
        """``promised``: the canonical type that the sender or the file's name claims, or None."""
        self._promised = promised
        self._head = bytearray()
        self._tail = bytearray()
        self._seen = b""
        self._kind: str | None = None
        self._needle: bytes | None = None
        self._found = False
        self.size = 0

    def feed(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if len(self._head) < HEAD_BYTES:
            self._head += chunk[: HEAD_BYTES - len(self._head)]
        if self._kind is None and len(self._head) >= 4:
            self._look()
        if self._kind == ZIP:
            self._tail += chunk
            if len(self._tail) > 2 * _TAIL_BYTES:
                del self._tail[:-_TAIL_BYTES]
        if self._needle is not None and not self._found:
            window = self._seen + chunk
            self._found = self._needle in window
            self._seen = window[-len(self._needle) :]

    def _look(self) -> None:
        """What must be watched on the way through depends on the first bytes."""
        head = bytes(self._head)
        if head.startswith(_OLE):
            self._kind, self._needle = OLE, _WORD_STREAM
        elif head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            self._kind = ZIP
        else:
            self._kind = ""
            if self._promised == GLTF:
                self._needle = _GLTF_ASSET

    @property
    def early_ready(self) -> bool:
        """Enough was seen to name what the file can't be."""
        return self.size >= HEAD_BYTES

    def possible(self) -> frozenset[str]:
        """The types that the file may still turn out to be, by its beginning."""
        found = self._settled(final=False)
        if found == ZIP:
            return frozenset({ZIP, DOCX, XLSX})
        if found == OLE:
            return frozenset({OLE, DOC})
        if found == OCTETS:
            return frozenset({OCTETS, STL})
        return _FAMILIES.get(found, frozenset({found})) | {found}

    def final(self) -> str:
        """The canonical type; ``application/octet-stream`` when the content is nothing known."""
        found = self._settled(final=True)
        family = _FAMILIES.get(found)
        if family is not None and self._promised in family:
            return str(self._promised)
        return found

    def _settled(self, *, final: bool) -> str:
        head = bytes(self._head)
        found = _by_signature(head)
        if found == ZIP:
            return zip_type(bytes(self._tail[-_TAIL_BYTES:])) if final else ZIP
        if found == OLE:
            return DOC if final and self._found else OLE
        if self._is_binary_stl(head):
            return STL
        text = plain_text(head)
        # Some signatures are two plain letters: a table that begins with «MZ,» is no program.
        if found is not None and (text is None or found in _TEXTUAL or self._is_media(found)):
            return found
        if text is None:
            return OCTETS
        kind = text_type(text, self._promised)
        if kind == GLTF and final and not self._found:
            return "application/json"
        return kind

    def _is_media(self, found: str) -> bool:
        by_text = self._promised is not None and self._promised.startswith("text/")
        return found.startswith(("image/", "audio/", "video/")) and not by_text

    def _is_binary_stl(self, head: bytes) -> bool:
        """Binary STL has no signature, but its size follows from its count of facets."""
        if len(head) < _STL_HEADER_BYTES:
            return False
        facets = int.from_bytes(head[80:84], "little")
        return facets > 0 and self.size == _STL_HEADER_BYTES + facets * _STL_FACET_BYTES
