"""How long to wait before trying again: pure functions of the attempt number."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Backoff:
    """Exponential waiting times with jitter."""

    first_s: float
    factor: float = 2.0
    most_s: float
    #: Share of the delay that is left to chance: 0.2 spreads it over 80 to 100 percent of its full length.
    jitter: float = 0.2

    def __post_init__(self) -> None:
        if not (0 < self.first_s <= self.most_s and self.factor >= 1 and 0 <= self.jitter <= 1):
            raise ValueError(f"a back-off needs 0 < first_s <= most_s, factor >= 1, 0 <= jitter <= 1: {self}")

    def full_s(self, attempt: int) -> float:
        """The delay after try number ``attempt`` (from 0), without jitter, in seconds."""
        if attempt < 0:
            raise ValueError(f"attempt counts from 0, not {attempt}")
        # Past 1,000 doublings a float overflows; any back-off has reached its limit long before.
        return min(self.most_s, self.first_s * self.factor ** min(attempt, 200))

    def delay_s(self, attempt: int, *, chance: float | None = None) -> float:
        """The delay with jitter; ``chance`` in [0, 1) replaces the random number."""
        share = random.random() if chance is None else chance  # noqa: S311 - spreads load, guards nothing
        return self.full_s(attempt) * (1 - self.jitter * share)


def parse_retry_after(value: str | None, *, now: datetime) -> float | None:
    """Seconds that a ``Retry-After`` header asks for (RFC 9110 10.2.3: seconds or a date); None if unreadable."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
