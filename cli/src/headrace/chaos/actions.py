"""What the processes said that they did: actions of their logs, counted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

#: Actions whose `count` says how much was repaired.
REPAIRS = "reconcile."
_NOT_A_REPAIR = frozenset({"reconcile.put_off"})


def count_actions(logs: Path) -> Counter[str]:
    """Lines of all logs by action; those of the reconcile count what they repaired."""
    counted: Counter[str] = Counter()
    for path in sorted(logs.glob("*.log")):
        with path.open(errors="replace") as lines:
            counted += count_lines(lines)
    return counted


def count_lines(lines: Iterable[str]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for line in lines:
        try:
            entry = json.loads(line)
            action = entry["action"]
        except (ValueError, KeyError, TypeError):
            continue  # a server's line, or one without an action
        counted[action] += int(entry.get("count", 1)) if action.startswith(REPAIRS) else 1
    return counted


def repairs(actions: Counter[str]) -> int:
    return sum(
        n for action, n in actions.items() if action.startswith(REPAIRS) and action not in _NOT_A_REPAIR
    )
