"""Ids as the text shows them: ``job-…``, ``file-…``, ``user-…`` before the digits of the UUID."""

from __future__ import annotations

import re
from uuid import UUID

from headrace_contracts.ids import parse_id

_HEX = re.compile(r"[0-9a-f]{32}")


def job_text(job_id: UUID) -> str:
    return f"job-{job_id.hex}"


def file_text(file_id: UUID) -> str:
    return f"file-{file_id.hex}"


def user_text(user_id: UUID | None) -> str | None:
    return None if user_id is None else f"user-{user_id.hex}"


def job_of(text: str) -> UUID | None:
    """The job that ``text`` names, also as a bare UUID; None when it can't be one."""
    return _parse(text, "job-")


def file_of(text: str) -> UUID | None:
    """As ``job_of``, for files."""
    return _parse(text, "file-")


def _parse(text: str, prefix: str) -> UUID | None:
    bare = text.removeprefix(prefix)
    return UUID(bare) if _HEX.fullmatch(bare) else parse_id(bare)
