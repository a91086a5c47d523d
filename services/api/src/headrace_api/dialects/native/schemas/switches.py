"""What operators stop and limit."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from headrace_api.dialects.native.schemas.base import Answer, Body, Text, Time, example

#: Room for every count that Postgres has in an integer.
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]


class ReasonBody(Body):
    model_config = example({"reason": "new drivers until 11:00"})

    reason: Annotated[Text, Field(max_length=500)] = Field(
        default="", description="Shown to those whose jobs wait"
    )


class PoolSwitch(Answer):
    """Whether jobs of the pool start."""

    pool: str
    paused: bool
    reason: str | None
    paused_at: Time | None


class AgentSwitch(Answer):
    """Whether the agents of the name take jobs."""

    agent: str
    drained: bool
    reason: str | None
    drained_at: Time | None


class LimitsBody(Body):
    """What is absent stays; null takes a limit away."""

    model_config = example({"max_queued": 1000, "max_running": None})

    max_queued: Count | None = Field(
        default=None, description="Jobs that may wait; a submit beyond it is refused with 429"
    )
    max_running: Count | None = Field(
        default=None, description="Jobs that agents may have or be about to have; further ones wait"
    )


class AccountLimits(Answer):
    """The limits of an account, and what it has."""

    account_id: str
    name: str
    max_queued: int | None
    max_running: int | None
    queued: int = Field(description="Jobs that wait")
    running: int = Field(description="Jobs that an agent has, or is about to have")
