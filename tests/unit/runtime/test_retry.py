from __future__ import annotations

from datetime import UTC, datetime

import pytest

from headrace_runtime.retry import Backoff, parse_retry_after

NOW = datetime(2025, 10, 27, 10, 16, 12, tzinfo=UTC)
BACKOFF = Backoff(first_s=0.5, factor=2.0, most_s=6.0, jitter=0.2)


def test_delays_double_up_to_the_most() -> None:
    assert [BACKOFF.full_s(attempt) for attempt in range(6)] == [0.5, 1.0, 2.0, 4.0, 6.0, 6.0]


def test_a_very_late_attempt_still_has_a_delay() -> None:
    assert BACKOFF.full_s(1_000_000) == 6.0


def test_jitter_only_shortens() -> None:
    assert BACKOFF.delay_s(1, chance=0.0) == 1.0
    assert BACKOFF.delay_s(1, chance=0.5) == pytest.approx(0.9)
    assert all(0.8 <= BACKOFF.delay_s(1) <= 1.0 for _ in range(100))


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="first_s"):
        Backoff(first_s=2.0, most_s=1.0)
    with pytest.raises(ValueError, match="counts from 0"):
        BACKOFF.full_s(-1)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None), ("120", 120.0), (" 7 ", 7.0), ("0", 0.0), ("-5", None), ("soon", None), ("", None),
        ("9" * 400, 999_999_999.0), ("Mon, 27 Oct 2025 10:17:12 GMT", 60.0), ("Mon, 27 Oct 2025 10:17:12", 60.0),
        ("Mon, 27 Oct 2025 09:00:00 GMT", 0.0), ("Mon, 99 Oct 2025 09:00:00 GMT", None),
    ],
)  # fmt: skip
def test_reading_retry_after(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, now=NOW) == seconds
