"""How long to wait before a process that died is started again."""

from __future__ import annotations

FIRST_DELAY_S = 1.0
LONGEST_DELAY_S = 30.0
STEADY_AFTER_S = 60.0


def deaths_in_a_row(before: int, *, up_s: float) -> int:
    """The count after one more death, at which the process had been up for `up_s` seconds.

    A process that was up for a minute starts a new count.
    """
    return 1 if up_s >= STEADY_AFTER_S else before + 1


def restart_delay_s(deaths: int) -> float:
    """1, 2, 4, 8, 16, 30, 30, ... seconds for the first, second, ... death in a row."""
    if deaths < 1:
        raise ValueError(f"deaths: {deaths} is not a count of deaths; give 1 or more")
    return min(FIRST_DELAY_S * 2.0 ** min(deaths - 1, 30), LONGEST_DELAY_S)
