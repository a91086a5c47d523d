"""Ids as this dialect shows them: a word that says what it is, and the 32 digits (``job_0198...``)."""

from __future__ import annotations

import re
from uuid import UUID

from headrace_contracts.ids import parse_id

JOB = "job"
FILE = "file"
TEMPLATE = "tmpl"
DESTINATION = "dest"
WEBHOOK = "whk"
DELIVERY = "dlv"
KEY = "key"
ACCOUNT = "acct"

_HEX = re.compile(r"[0-9a-f]{32}")


def shown(kind: str, value: UUID) -> str:
    """``job_0198c7d2f1a07c3e9d2b6a5f4e3d2c1b``."""
    return f"{kind}_{value.hex}"


def read(kind: str, text: str) -> UUID | None:
    """The id in ``text``, as ``shown`` writes it or as a plain UUID; None for any other text."""
    word, underscore, digits = text.partition("_")
    if not underscore:
        return parse_id(text)
    return UUID(digits) if word == kind and _HEX.fullmatch(digits) else None


def pattern(kind: str) -> str:
    """The regular expression of what ``shown`` writes, for the document."""
    return f"^{kind}_[0-9a-f]{{32}}$"
