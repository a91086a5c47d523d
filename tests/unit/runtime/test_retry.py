from __future__ import annotations

import pytest

from headrace_runtime.retry import Backoff

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
