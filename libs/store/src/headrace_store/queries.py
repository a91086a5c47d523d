"""Named queries in plain ``.sql`` files: each is headed by a line ``-- name: what_it_does``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_HEADER = re.compile(r"^-- name: ([a-z0-9_]+)\s*$", re.MULTILINE)


@cache
def load(package: str, filename: str) -> Mapping[str, str]:
    """The queries of ``filename`` in ``package``, by name.

    Raises ValueError when the file has text before its first name or a name twice.
    """
    text = (files(package) / filename).read_text(encoding="utf-8")
    parts = _HEADER.split(text)
    lead, names, bodies = parts[0], parts[1::2], parts[2::2]
    if any(line.strip() and not line.startswith("--") for line in lead.splitlines()):
        raise ValueError(f"{package}/{filename}: SQL before the first '-- name:' line")
    if len(set(names)) != len(names):
        raise ValueError(f"{package}/{filename}: a query name stands twice")
    return {name: body.strip() for name, body in zip(names, bodies, strict=True)}
