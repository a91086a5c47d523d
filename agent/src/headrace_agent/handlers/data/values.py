"""DuckDB's values as JSON's."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

_MAX_TEXT_CHARS = 2000


def plain(value: Any) -> Any:
    """``value`` fit for JSON: times in ISO 8601, bytes in hex, no NaN; a long text is cut short with ``…``."""
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else None
        case str():
            return value if len(value) <= _MAX_TEXT_CHARS else value[: _MAX_TEXT_CHARS - 1] + "…"
        case Decimal():
            return plain(float(value))
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case dt.timedelta():
            return value.total_seconds()
        case bytes() | bytearray():
            return plain(value.hex())
        case dict():
            return {str(key): plain(inner) for key, inner in value.items()}
        case list() | tuple() | set():
            return [plain(inner) for inner in value]
        case _:
            return plain(str(value))
