"""Where bytes live in S3, and what of a client's file name survives."""

from __future__ import annotations

import re
import unicodedata
from uuid import UUID

from headrace_contracts.jobs.fence import delivery_of, epoch_of, fence

MAX_NAME_BYTES = 200
#: The first attempt of the first release: its files go to the documented place.
_FIRST = fence(1, 1)
#: Everything that Headrace itself keeps in the bucket lies under these, in a folder named by an id. What else lies
#: in the bucket (publications to the site's own store, say) is none of its business.
PREFIXES = ("files/", "results/", "uploads/")
_OWNED = re.compile(
    r"(?:files|results|uploads)/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/.+", re.DOTALL
)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f/\\:*?\"<>|\u200b-\u200f\u2028-\u202e\u2066-\u2069]")


def safe_filename(name: str | None, default: str = "file") -> str:
    """The last part of a client's file name, without control, direction or path characters, at most 200 bytes.

    The extension survives the cut, since it helps the client to open the file.
    """
    text = unicodedata.normalize("NFC", (name or "").encode("utf-8", "replace").decode("utf-8"))
    text = text.replace("\\", "/").rsplit("/", 1)[-1]
    text = _UNSAFE.sub("_", text).strip(" .")
    if not text or set(text) <= {"_"}:
        return default
    if len(text.encode()) <= MAX_NAME_BYTES:
        return text
    stem, dot, ext = text.rpartition(".")
    if not dot or not 0 < len(ext.encode()) <= 16:
        return _cut(text, MAX_NAME_BYTES)
    return f"{_cut(stem, MAX_NAME_BYTES - len(ext.encode()) - 1)}.{ext}"


def _cut(text: str, limit: int) -> str:
    return text.encode()[:limit].decode("utf-8", "ignore")


def upload_key(job_id: object, filename: str) -> str:
    """The input of a job. ``filename`` has passed ``safe_filename``."""
    return f"uploads/{job_id}/{filename}"


def result_json_key(job_id: object) -> str:
    """The documented export of the result (seed 002, «Result Structure»)."""
    return f"results/{job_id}/result.json"


def result_file_key(job_id: object, token: int, filename: str) -> str:
    """The result file of the attempt with the fencing token ``token``.

    No two attempts share a key, so that one that wakes up late can never write over the result: presigned URLs can't be
    taken back. Not the attempt's number: one that was handed back is not counted, and the next has its number again
    (ADR 0009).
    """
    folder = f"results/{job_id}"
    if token > _FIRST:
        folder += f"/attempt-{epoch_of(token)}-{delivery_of(token)}"
    # The export has this name; a result file that has it too steps aside.
    return f"{folder}/{'file-' if filename == 'result.json' else ''}{filename}"


def result_data_key(job_id: object, token: int) -> str:
    """The JSON result of an attempt that is too large to be kept in the record."""
    return result_file_key(job_id, token, ".data.json")


def owner_of(key: str) -> UUID | None:
    """The job (``uploads/``, ``results/``) or file (``files/``) in whose folder a key lies; None: not one of ours."""
    match = _OWNED.fullmatch(key)
    return UUID(match[1]) if match else None
