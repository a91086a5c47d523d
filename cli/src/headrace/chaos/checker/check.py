"""All rules in one list."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from headrace.chaos.checker.acceptance import doubled, foreign, lost, refused
from headrace.chaos.checker.attempts import unrecorded, unrun
from headrace.chaos.checker.credit import mischarged, unbalanced
from headrace.chaos.checker.evidence import Evidence, Violation
from headrace.chaos.checker.files import missing, orphaned
from headrace.chaos.checker.outcomes import early, garbled, recorded_twice, uncancelled, unfinished, wrong
from headrace.chaos.checker.webhooks import invented, untold

RULES: tuple[Callable[[Evidence], Iterator[Violation]], ...] = (
    *(lost, doubled, foreign, refused),
    *(unfinished, wrong, garbled, recorded_twice, uncancelled, early),
    *(unrecorded, unrun),
    *(untold, invented),
    *(unbalanced, mischarged),
    *(missing, orphaned),
)


def undone(evidence: Evidence) -> Iterator[Violation]:
    """A fault that could not be done proves nothing."""
    for fault in evidence.faults:
        if fault.problem:
            yield Violation(rule="fault", subject=f"fault {fault.number} ({fault.kind})", text=fault.problem)


def down(evidence: Evidence) -> Iterator[Violation]:
    """After the faults every process comes back by itself."""
    for text in evidence.down:
        yield Violation(rule="down", subject=text.split(" ", 1)[0], text=text)


def check(evidence: Evidence) -> tuple[Violation, ...]:
    """Everything that is not as promised; empty when all is well."""
    return tuple(violation for rule in (*RULES, undone, down) for violation in rule(evidence))
