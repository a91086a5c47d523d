"""The schedule of retries."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from headrace_webhooks.outcome import Outcome, SendError
from headrace_webhooks.retry import MAX_ATTEMPTS, SCHEDULE_S, next_delay_s

NOW = datetime(2025, 10, 27, 10, 16, 12, tzinfo=UTC)
REFUSED = Outcome(status=500, duration_ms=1)


def test_the_first_retry_comes_within_30_s_whatever_happened() -> None:
    for status, error, wanted in [
        (500, None, None), (429, None, 3600.0), (503, None, 3600.0), (None, SendError.TIMEOUT, None),
    ]:  # fmt: skip
        outcome = Outcome(status=status, error=error, duration_ms=1, retry_after_s=wanted)
        delay = next_delay_s(outcome, attempt=1, chance=0.999)
        assert delay is not None
        assert 4 <= delay <= 15


def test_the_whole_schedule_lasts_more_than_a_day_and_ends() -> None:
    delays = [next_delay_s(REFUSED, attempt=number, chance=0.5) for number in range(1, MAX_ATTEMPTS + 1)]
    assert delays[-1] is None
    assert delays[:-1] == pytest.approx(SCHEDULE_S)
    assert 24 * 3600 < sum(SCHEDULE_S) < 30 * 3600
    assert list(SCHEDULE_S) == sorted(SCHEDULE_S)


@pytest.mark.parametrize(("chance", "share"), [(0.0, 0.8), (0.5, 1.0), (0.9999999, 1.2)])
def test_jitter_spreads_by_a_fifth(chance: float, share: float) -> None:
    assert next_delay_s(REFUSED, attempt=4, chance=chance) == pytest.approx(600 * share)


@pytest.mark.parametrize(("wanted", "delay"), [(0.0, 120.0), (150.0, 150.0), (9999.0, 240.0)])
def test_retry_after_moves_the_delay_between_itself_and_its_double(wanted: float, delay: float) -> None:
    outcome = Outcome(status=429, duration_ms=1, retry_after_s=wanted)
    assert next_delay_s(outcome, attempt=3, chance=0.5) == pytest.approx(delay)


def test_an_overloaded_or_hanging_receiver_gets_a_minute() -> None:
    for outcome in (
        Outcome(status=429, duration_ms=1),
        Outcome(status=503, duration_ms=1),
        Outcome(error=SendError.TIMEOUT, duration_ms=15_000),
    ):
        assert next_delay_s(outcome, attempt=2, chance=0.5) == 60.0
    assert next_delay_s(REFUSED, attempt=2, chance=0.5) == 30.0


def test_attempts_count_from_one() -> None:
    with pytest.raises(ValueError, match="from 1"):
        next_delay_s(REFUSED, attempt=0, chance=0)
