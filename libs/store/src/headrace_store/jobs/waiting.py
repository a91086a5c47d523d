"""Reading what keeps jobs waiting, and who is online."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from headrace_contracts.jobs.state import JobState
from headrace_store.jobs.rows import uid
from headrace_store.postgres import Pool
from headrace_store.queries import load

_SQL = load("headrace_store.jobs", "waiting.sql")

#: Jobs that go before one are counted up to here.
_MOST_COUNTED = 100_000


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentOnline:
    """An agent that was heard of lately."""

    agent: str
    platform: str
    #: Empty for a REST agent that takes all.
    pools: list[str]
    #: It takes no more jobs, of itself or because an operator wants it so.
    draining: bool
    transport: str
    #: What it lacks for the pool that was asked for, if it said so.
    lacks: str | None
    #: Why an operator wants it to take no more; None: no operator does.
    drained: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class JobFacts:
    """What the record knows of why a job waits."""

    id: UUID
    state: JobState
    #: It is a message in WORK.
    released: bool
    run_at: datetime | None
    attempt: int
    #: The operator's reason while its pool is paused; None: it is not.
    pause_reason: str | None
    #: How many jobs of its account may be in motion (in WORK, or held by agents); None: as many as there are.
    max_running: int | None
    #: How many are, where there is a limit.
    in_motion: int | None
    #: In WORK: the older ones of its lane there. In the record: the older ones of its account in its lane. None where
    #: that was not asked for.
    older: int | None
    #: Why the last attempt ended, while the job waits for the time of the next.
    last_reason: str | None


async def agents_online(pool: Pool, wanted_pool: str, *, silent_s: float) -> list[AgentOnline]:
    """Agents heard of in the last ``silent_s`` seconds."""
    rows = await pool.fetch(_SQL["agents_online"], silent_s, wanted_pool)
    return [AgentOnline(**row) for row in rows]


async def job_facts(pool: Pool, job_ids: Sequence[UUID], *, counted: bool) -> dict[UUID, JobFacts]:
    """Of those jobs that there are; ``counted``: with ``older``."""
    rows = await pool.fetch(_SQL["facts"], list(job_ids), counted, _MOST_COUNTED)
    found = (JobFacts(**{**row, "id": uid(row["id"]), "state": JobState(row["state"])}) for row in rows)
    return {each.id: each for each in found}
