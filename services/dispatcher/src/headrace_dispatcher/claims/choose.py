"""Which jobs a REST claim may get, and which lane it looks into first. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from headrace_contracts.catalogue import registry
from headrace_contracts.jobs.lane import ANY_PLATFORM, Lane, is_private
from headrace_contracts.messages.requests import ClaimRequest


def open_to_all(pool: str) -> bool:
    """True for the pools of general models and for an operator's own, which no model is named after."""
    model = registry.get(pool)
    return not is_private(pool) and (model is None or model.general)


def serves(request: ClaimRequest, pool: str) -> bool:
    """True when the claim is open to jobs of ``pool``."""
    if request.pools is not None and pool in request.pools:
        return True
    if is_private(pool):
        return False  # a model's name, which any agent may state, opens no account's pool
    if request.models is not None:
        return pool in request.models
    return request.pools is None and open_to_all(pool)


def fits(platform: str, platforms: Collection[str] | None) -> bool:
    """True when a job for ``platform`` runs on a machine of one of ``platforms`` (None = of all)."""
    return platforms is None or platform == ANY_PLATFORM or platform in platforms


def order(heads: Mapping[Lane, UUID], request: ClaimRequest) -> list[Lane]:
    """The lanes to look into: the most urgent first, then the one with the oldest job (ids sort by age)."""
    lanes = [lane for lane in heads if serves(request, lane.pool) and fits(lane.platform, request.platforms)]
    return sorted(lanes, key=lambda lane: (-lane.priority, heads[lane]))
