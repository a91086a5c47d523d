"""Frames at unsteady times become frames at a constant rate."""

from __future__ import annotations

from fractions import Fraction

import pytest

from headrace_agent.handlers.production.cadence import Cadence, output_rate


def shown(times: list[float], end_s: float, rate: int, limit_s: float = 100.0) -> list[int]:
    """How often each frame is shown."""
    cadence = Cadence(Fraction(rate), limit_s)
    counts = [cadence.until(time) for time in times[1:]]
    return [*counts, cadence.end(end_s)]


@pytest.mark.parametrize(
    ("times", "end_s", "rate", "counts"),
    [
        ([0.0, 0.1, 0.2], 0.3, 10, [1, 1, 1]),
        ([0.0, 0.2, 0.3], 0.4, 10, [2, 1, 1]),
        ([0.0, 0.04, 0.08, 0.12], 0.2, 10, [0, 1, 0, 1]),
        # The first frame is shown from the begin, and the last one to the end.
        ([0.5, 0.6], 1.0, 10, [6, 4]),
        ([0.0], 0.0, 10, [1]),
    ],
)
def test_frames_are_repeated_and_left_out(
    times: list[float], end_s: float, rate: int, counts: list[int]
) -> None:
    assert shown(times, end_s, rate) == counts


def test_a_limit_holds_whatever_the_times_say() -> None:
    assert shown([0.0, 1e9], 2e9, 10, limit_s=1.5) == [15, 0]


@pytest.mark.parametrize(
    ("source", "wished", "rate"),
    [
        (Fraction(25), None, Fraction(25)),
        (Fraction(25), 60, Fraction(60)),
        (Fraction(30000, 1001), None, Fraction(30000, 1001)),
        (Fraction(2997, 100), None, Fraction(30000, 1001)),
        (Fraction(240), None, Fraction(60)),
        (Fraction(12), None, Fraction(24)),
        (Fraction(5), None, Fraction(25)),
        (Fraction(15), None, Fraction(30)),
        (Fraction(7), None, Fraction(30)),
        (None, None, Fraction(30)),
        (Fraction(0), None, Fraction(30)),
    ],
)
def test_the_rate(source: Fraction | None, wished: int | None, rate: Fraction) -> None:
    assert output_rate(source, wished) == rate
