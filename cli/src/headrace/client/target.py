"""Where a download goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email.message import Message
from pathlib import Path

from headrace_contracts.keys import safe_filename


def target_in(to: str | Path | None, job_id: str) -> Callable[[Mapping[str, str]], Path]:
    """Picks the file from the answer's headers: ``to`` itself, or in the folder ``to`` under the file's own name."""

    def target(headers: Mapping[str, str]) -> Path:
        where = Path(to) if to is not None else Path.cwd()
        if not where.is_dir():
            return where
        return where / named(headers, f"{job_id}.json")

    return target


def named(headers: Mapping[str, str], default: str) -> str:
    """The name in Content-Disposition (RFC 6266), made harmless: a server must not choose our folders."""
    message = Message()
    message["Content-Disposition"] = headers.get("content-disposition", "")
    return safe_filename(message.get_filename(), default)
