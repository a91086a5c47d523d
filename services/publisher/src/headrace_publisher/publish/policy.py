"""How patient the runner is: pure."""

from __future__ import annotations

from dataclasses import dataclass

from headrace_runtime.retry import Backoff


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """Times in seconds."""

    #: Attempts in a row that may bring nothing forward.
    attempts: int
    retry: Backoff
    #: From the first attempt to giving up, waiting for quotas included.
    patience_s: float
    #: Who works on a publication and is silent for longer has lost it.
    lease_s: float
    #: While the platform's hands are full.
    busy_s: float = 2.0
    #: While something of the site itself is missing.
    site_s: float = 60.0

    def retry_s(self, failures: int, *, chance: float) -> float | None:
        """Seconds until the next attempt after ``failures`` in a row (from 1); None: no more."""
        return None if failures >= self.attempts else self.retry.delay_s(failures - 1, chance=chance)


def patience(seconds: float) -> str:
    """``seconds`` in words: «3 days», «90 minutes»."""
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}s"
    return f"{seconds:.0f} seconds"


def retry_backoff(first_s: float) -> Backoff:
    """5 s, 20 s, 80 s, 5 min, 21 min, 85 min, 2 h with the default first delay: eight attempts in four hours."""
    return Backoff(first_s=first_s, factor=4.0, most_s=max(first_s, 7200.0))
