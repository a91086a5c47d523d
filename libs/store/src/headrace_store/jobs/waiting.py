"""Reading who is online."""

from __future__ import annotations

from dataclasses import dataclass

from headrace_store.postgres import Pool
from headrace_store.queries import load

_SQL = load("headrace_store.jobs", "waiting.sql")


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentOnline:
    """An agent that was heard of lately."""

    agent: str
    platform: str
    #: Empty for a REST agent that takes all.
    pools: list[str]
    draining: bool
    transport: str
    #: What it lacks for the pool that was asked for, if it said so.
    lacks: str | None


async def agents_online(pool: Pool, wanted_pool: str, *, silent_s: float) -> list[AgentOnline]:
    """Agents heard of in the last ``silent_s`` seconds."""
    rows = await pool.fetch(_SQL["agents_online"], silent_s, wanted_pool)
    return [AgentOnline(**row) for row in rows]
