"""Digests of results: what is compared need not be kept."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def digest_of(result: Any) -> str:
    """Of a JSON value, whatever the order of its keys."""
    text = json.dumps(result, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of_bytes(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
