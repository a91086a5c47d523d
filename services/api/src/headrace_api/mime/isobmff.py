"""MP4 and QuickTime by their first boxes (ISO/IEC 14496-12, «File type box»; QuickTime File Format, «Atoms»)."""

from __future__ import annotations

MP4 = "video/mp4"
MOV = "video/mov"
_QUICKTIME = b"qt  "
#: Major brands of films that the common signatures don't list: fragmented, streamed, of cameras and of Flash.
_FILMS = frozenset(
    {
        b"avc1", b"cmf2", b"cmfc", b"dash", b"dby1", b"f4v ", b"hvc1", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6",
        b"iso7", b"iso8", b"iso9", b"isom", b"m4v ", b"M4V ", b"M4VH", b"M4VP", b"MSNV", b"mp41", b"mp42", b"mp71",
        b"NDAS", b"NDSC", b"NDSH", b"NDSM", b"NDSP", b"NDSS", b"NDXC", b"NDXH", b"NDXM", b"NDXP", b"NDXS", b"XAVC",
    }
)  # fmt: skip
#: What a QuickTime film without a file type box begins with, as cameras wrote it.
_PADDING = frozenset({b"wide", b"free", b"skip", b"pnot"})
_MOVIE_PARTS = frozenset({b"mvhd", b"cmov", b"rmra", b"prfl", b"udta"})
_HEADER_BYTES = 8


def film_type(head: bytes) -> str | None:
    """``video/mp4`` or ``video/mov`` when the file begins like one; None for all else, sound alone too."""
    size, kind = _box(head, 0)
    if kind == b"ftyp":
        brand = head[8:12]
        if brand == _QUICKTIME:
            return MOV
        return MP4 if brand in _FILMS else None
    at = 0
    while kind in _PADDING and size >= _HEADER_BYTES:
        at += size
        if at + _HEADER_BYTES > len(head):
            return None
        size, kind = _box(head, at)
    if kind == b"moov":
        return MOV if head[at + 12 : at + 16] in _MOVIE_PARTS else None
    # Media data of a size that is known or reaches to the end of the file; four letters alone prove little.
    is_media = kind == b"mdat" and (size in {0, 1} or size >= _HEADER_BYTES)
    return MOV if is_media and (at > 0 or size == 1 or _binary(head)) else None


def _box(head: bytes, at: int) -> tuple[int, bytes]:
    return int.from_bytes(head[at : at + 4], "big"), head[at + 4 : at + 8]


def _binary(head: bytes) -> bool:
    """The first four bytes are a number, not letters of a text."""
    return b"\x00" in head[:4]
