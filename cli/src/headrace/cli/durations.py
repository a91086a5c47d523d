"""Spans of time as people write them."""

from __future__ import annotations

import re
from datetime import timedelta

_SPAN = re.compile(r"(\d{1,6})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_span(text: str) -> timedelta:
    """``30m``, ``12h``, ``90d``, ``4w``. Raises ValueError."""
    match = _SPAN.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        raise ValueError(f"{text!r} is no span of time; write 30m, 12h, 90d or 4w")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
