from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from headrace_agent.handlers.data.values import plain


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        (2**70, 2**70),
        (float("nan"), None),
        (float("-inf"), None),
        (Decimal("1.25"), 1.25),
        (dt.datetime(2025, 1, 2, 3, 4, tzinfo=dt.UTC), "2025-01-02T03:04:00+00:00"),
        (dt.timedelta(minutes=2), 120.0),
        (b"\x00\xff", "00ff"),
        ({"a": [(1.5, None)]}, {"a": [[1.5, None]]}),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ("x" * 3000, "x" * 1999 + "…"),
    ],
)
def test_values_fit_for_json(value: Any, expected: Any) -> None:
    assert plain(value) == expected
