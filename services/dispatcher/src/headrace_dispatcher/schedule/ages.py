"""In which class a job waits after a time. Pure."""

from __future__ import annotations

from headrace_contracts.jobs.priority import Priority

#: Age lifts a job so far and no further: an urgent job waits for urgent ones only (ADR 0021).
HIGHEST = Priority.HIGH


def aged(asked: Priority, waited_s: float, period_s: float) -> Priority:
    """The class of a job that asked for ``asked`` and has waited: one class more for each whole period (above 0)."""
    if asked >= HIGHEST:
        return asked
    return Priority(min(HIGHEST, asked + int(max(waited_s, 0.0) // period_s)))
