"""The ready window: how many jobs of a lane wait in WORK instead of in the record. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from headrace_contracts.jobs.lane import ANY_PLATFORM, Lane


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowRule:
    """A few times the free slots: enough to keep agents busy, little enough that order is decided in the record."""

    #: For lanes that only REST agents serve, and for the first job of a lane. Small, since a tenant that comes late
    #: waits behind what is in the window (ADR 0022).
    smallest: int = 8
    largest: int = 2048
    per_slot: float = 3.0


def serving(lane: Lane, slots: Mapping[tuple[str, str], int]) -> int:
    """The slots that serve ``lane`` when ``slots`` are online for each (platform, pool)."""
    if lane.platform == ANY_PLATFORM:
        return sum(count for (_, pool), count in slots.items() if pool == lane.pool)
    return slots.get((lane.platform, lane.pool), 0)


def window(rule: WindowRule, lane: Lane, slots: Mapping[tuple[str, str], int]) -> int:
    """The window of ``lane`` when ``slots`` are online for each (platform, pool)."""
    return max(rule.smallest, min(rule.largest, int(serving(lane, slots) * rule.per_slot)))
