"""When to try a delivery again: pure functions of what has happened so far."""

from __future__ import annotations

from headrace_webhooks.outcome import Outcome, SendError

_MINUTE = 60.0
_HOUR = 3600.0

#: The wait after each failed attempt, in seconds: 10 attempts over 27.7 hours. The first retry comes within 30 s.
SCHEDULE_S: tuple[float, ...] = (
    5.0,
    30.0,
    2 * _MINUTE,
    10 * _MINUTE,
    30 * _MINUTE,
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    10 * _HOUR,
)
MAX_ATTEMPTS = len(SCHEDULE_S) + 1
JITTER = 0.2
#: A receiver that is overloaded or hangs gets at least this long, except before the first retry.
RELIEF_S = 60.0
_OVERLOADED = frozenset({429, 502, 503, 504})


def next_delay_s(outcome: Outcome, *, attempt: int, chance: float) -> float | None:
    """Seconds until the next attempt after the failed attempt number ``attempt`` (from 1); None: no more.

    ``chance`` in [0, 1) spreads the delay over 80 to 120 percent. ``Retry-After`` moves it between the delay
    and its double, so that a receiver can neither hurry us nor put us off for ever.
    """
    if attempt < 1:
        raise ValueError(f"attempts count from 1, not {attempt}")
    if attempt > len(SCHEDULE_S):
        return None
    delay_s = SCHEDULE_S[attempt - 1] * (1 - JITTER + 2 * JITTER * chance)
    if attempt > 1 and (outcome.status in _OVERLOADED or outcome.error is SendError.TIMEOUT):
        delay_s = max(delay_s, RELIEF_S)
    if outcome.retry_after_s is not None:
        delay_s = min(max(delay_s, outcome.retry_after_s), 2 * delay_s)
    return delay_s
