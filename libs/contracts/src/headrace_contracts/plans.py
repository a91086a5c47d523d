"""What an account's plan allows (seed 001: «The Operate and Guided plans include full API access»)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    name: str
    #: False: programs may not use auraflux.
    api_access: bool


PLANS: Mapping[str, Plan] = MappingProxyType(
    {
        plan.name: plan
        for plan in (
            Plan(name="starter", api_access=False),
            Plan(name="operate", api_access=True),
            Plan(name="guided", api_access=True),
        )
    }
)
DEFAULT_PLAN = "operate"
