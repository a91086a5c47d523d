"""Which lane a REST claim looks into first. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from headrace_contracts.jobs.lane import ANY_PLATFORM, Lane


def open_to(lane: Lane, models: Collection[str] | None, platforms: Collection[str] | None) -> bool:
    """True when an agent with these models and platforms (None = all) may take jobs of the lane."""
    return (models is None or lane.pool in models) and (
        platforms is None or lane.platform == ANY_PLATFORM or lane.platform in platforms
    )


def order(
    heads: Mapping[Lane, UUID], models: Collection[str] | None, platforms: Collection[str] | None
) -> list[Lane]:
    """The lanes to look into: the most urgent first, then the one with the oldest job (ids sort by age)."""
    lanes = [lane for lane in heads if open_to(lane, models, platforms)]
    return sorted(lanes, key=lambda lane: (-lane.priority, heads[lane]))
