"""Priorities: four classes, strict order between them (seed 002, «Priority System»)."""

from __future__ import annotations

from enum import IntEnum


class Priority(IntEnum):
    """A class of urgency; the number is the documented one."""

    LOW = 0
    NORMAL = 1
    HIGH = 2
    URGENT = 3

    @property
    def word(self) -> str:
        return self.name.lower()


#: The order in which lanes are emptied.
URGENT_FIRST: tuple[Priority, ...] = (Priority.URGENT, Priority.HIGH, Priority.NORMAL, Priority.LOW)

WORDS: dict[str, Priority] = {priority.word: priority for priority in Priority}


def parse_priority(value: object) -> Priority | None:
    """The priority that ``value`` names: a word in any case, 0..3, or one of these as text. None = not one."""
    if isinstance(value, str):
        text = value.strip().lower()
        if text in WORDS:
            return WORDS[text]
        return Priority(int(text)) if text in {"0", "1", "2", "3"} else None
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 3:
        return Priority(value)
    return None
