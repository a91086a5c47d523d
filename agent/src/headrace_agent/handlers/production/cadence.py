"""From frames that come when they like to frames that come at a constant rate. Pure."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

#: What players and platforms know.
_RATES: Final = tuple(
    Fraction(rate)
    for rate in (24, 25, 30, 50, 60, Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001))
)
_SLOWEST: Final = Fraction(20)


def output_rate(source: Fraction | None, wished: int | None) -> Fraction:
    """Frames per second of the result: ``wished``, or else the nearest to the source's.

    A source of fewer than 20 is shown at a rate in which each of its frames has the same length, if there is one.
    """
    if wished is not None:
        return Fraction(wished)
    if source is None or source <= 0:
        return Fraction(30)
    if source < _SLOWEST:
        fitting = [rate for rate in _RATES[:3] if (rate / source).denominator == 1]
        return fitting[0] if fitting else Fraction(30)
    return min(_RATES, key=lambda rate: abs(rate - source))


class Cadence:
    """Says how often the frame that is held is to be shown, when the next one comes."""

    def __init__(self, rate: Fraction, limit_s: float) -> None:
        self.rate = rate
        self.shown = 0
        self._most = max(1, round(limit_s * rate))

    @property
    def full(self) -> bool:
        """True once ``limit_s`` is reached."""
        return self.shown >= self._most

    def until(self, time_s: float) -> int:
        """How many times the frame that is held is shown before the one of ``time_s``; 0 = it is left out."""
        due = min(round(time_s * self.rate), self._most)
        count = max(0, due - self.shown)
        self.shown += count
        return count

    def end(self, time_s: float) -> int:
        """The same for the last frame, which ends at ``time_s``: a video has one frame at least."""
        count = self.until(time_s)
        if self.shown == 0:
            self.shown = count = 1
        return count
