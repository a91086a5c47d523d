"""The names of media types: one canonical name for each, as documented in seed 002."""

from __future__ import annotations

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOC = "application/msword"
OCTETS = "application/octet-stream"
PLAIN = "text/plain"
CSV = "text/csv"
JSON = "application/json"
XML = "application/xml"
OBJ = "model/obj"
STL = "model/stl"
GLTF = "model/gltf+json"
GLB = "model/gltf-binary"

#: Other names under which programs send these types.
_ALIASES: dict[str, str] = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/apng": "image/png",
    "audio/mp3": "audio/mpeg",
    "audio/x-mp3": "audio/mpeg",
    "audio/x-mpeg": "audio/mpeg",
    "audio/mpeg3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/x-pn-wav": "audio/wav",
    "application/ogg": "audio/ogg",
    "audio/opus": "audio/ogg",
    "audio/vorbis": "audio/ogg",
    "audio/x-flac": "audio/flac",
    "audio/x-aac": "audio/aac",
    "audio/aacp": "audio/aac",
    "audio/vnd.dlna.adts": "audio/aac",
    "audio/mp4": "audio/m4a",
    "audio/x-m4a": "audio/m4a",
    "audio/mp4a-latm": "audio/m4a",
    "video/quicktime": "video/mov",
    "video/x-quicktime": "video/mov",
    "video/x-msvideo": "video/avi",
    "video/msvideo": "video/avi",
    "video/vnd.avi": "video/avi",
    "video/x-matroska": "video/mkv",
    "video/matroska": "video/mkv",
    "video/x-m4v": "video/mp4",
    "application/mp4": "video/mp4",
    "application/x-pdf": "application/pdf",
    "application/doc": DOC,
    "application/vnd.msword": DOC,
    "application/x-msword": DOC,
    "application/csv": CSV,
    "text/x-csv": CSV,
    "application/x-csv": CSV,
    "text/comma-separated-values": CSV,
    "text/tab-separated-values": CSV,
    "text/json": JSON,
    "application/x-json": JSON,
    "text/xml": XML,
    "application/x-xml": XML,
    "application/parquet": "application/x-parquet",
    "application/vnd.apache.parquet": "application/x-parquet",
    "text/prs.wavefront-obj": OBJ,
    "application/wavefront-obj": OBJ,
    "application/x-tgif": OBJ,
    "application/sla": STL,
    "application/vnd.ms-pki.stl": STL,
    "application/x-navistyle": STL,
    "model/x.stl-ascii": STL,
    "model/x.stl-binary": STL,
    "model/gltf": GLTF,
    "model/glb": GLB,
}

#: Types that say nothing about the content.
_GENERIC = {"", OCTETS, "binary/octet-stream", "application/x-binary", "application/unknown", "*/*"}

#: What a file name's ending promises.
BY_EXTENSION: dict[str, str] = {
    "csv": CSV,
    "tsv": CSV,
    "json": JSON,
    "jsonl": JSON,
    "ndjson": JSON,
    "geojson": JSON,
    "xml": XML,
    "txt": PLAIN,
    "text": PLAIN,
    "md": PLAIN,
    "log": PLAIN,
    "obj": OBJ,
    "stl": STL,
    "gltf": GLTF,
    "glb": GLB,
    "doc": DOC,
    "docx": DOCX,
    "xlsx": XLSX,
    "m4a": "audio/m4a",
    "m4b": "audio/m4a",
    "oga": "audio/ogg",
    "ogv": "video/ogg",
}


def canonical(mime: str) -> str:
    """The one name of a type, without parameters and in lower case; an unknown type keeps its own."""
    bare = mime.split(";", 1)[0].strip().lower()
    return _ALIASES.get(bare, bare)


def declared_type(header: str | None) -> str | None:
    """What a client says of its file; None when it says nothing that counts."""
    mime = canonical(header or "")
    return None if mime in _GENERIC else mime


def extension_type(filename: str | None) -> str | None:
    """What the ending of a file name promises, for types that the content alone can't tell."""
    _, dot, ending = (filename or "").rpartition(".")
    return BY_EXTENSION.get(ending.strip().lower()) if dot else None
