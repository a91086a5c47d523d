"""Who works here: the agents that were heard of lately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from headrace_contracts.jobs.lane import is_private, private_pool


@dataclass(frozen=True, kw_only=True, slots=True)
class Agent:
    """One run of an agent process."""

    name: str
    platform: str
    #: Empty for an agent over REST that takes all.
    pools: Sequence[str]
    models: Sequence[str]
    #: Models that it can't run, each with what is missing.
    missing: dict[str, str]
    slots: int
    #: Jobs that it runs, as of its last sign of life.
    running: int
    #: It takes no more jobs, of itself or because an operator wants it so.
    draining: bool
    #: Why an operator wants it; None: no operator does.
    drained: str | None
    version: str
    transport: str
    started_at: datetime
    seen_at: datetime


class FleetRecord(Protocol):
    """The agents' rows. Raises UnavailableError while the record is away."""

    async def online(self) -> list[Agent]: ...


class Fleet:
    def __init__(self, record: FleetRecord) -> None:
        self._record = record

    async def online(self, account_id: UUID) -> list[Agent]:
        """By name. Queues that belong to other accounts are left out."""
        own = private_pool(account_id)
        return [
            replace(agent, pools=[pool for pool in agent.pools if pool == own or not is_private(pool)])
            for agent in await self._record.online()
        ]
