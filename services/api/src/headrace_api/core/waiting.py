"""Why a job does not run: a code for programs, a sentence for people, and what the sentence is made of. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from headrace_api.core.load import Expected
from headrace_contracts.jobs.lane import ANY_PLATFORM, is_private
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.timing import iso_ms
from headrace_contracts.jobs.view import JobView
from headrace_store.jobs.waiting import AgentOnline, JobFacts

#: Near misses that are named.
_NAMED = 3


class WaitingCode(StrEnum):
    """What a job waits for."""

    #: No agent that is online takes jobs of its lane.
    NO_AGENT_FOR_LANE = "NO_AGENT_FOR_LANE"
    #: All who serve its lane have jobs.
    ALL_BUSY = "ALL_BUSY"
    #: The operator has paused its pool.
    PAUSED = "PAUSED"
    #: Its time has not come.
    SCHEDULED = "SCHEDULED"
    #: Its account has as many jobs in motion as it may.
    QUOTA = "QUOTA"
    #: An attempt failed; the next begins after a while.
    RETRY_BACKOFF = "RETRY_BACKOFF"
    #: Its work is done; somebody is to approve it.
    AWAITING_APPROVAL = "AWAITING_APPROVAL"
    #: Its work is done; the result is being published.
    PUBLISHING = "PUBLISHING"
    #: Somebody has room for it: it starts in a moment.
    STARTING = "STARTING"
    #: An agent holds it and has not begun.
    CLAIMED = "CLAIMED"


@dataclass(frozen=True, kw_only=True, slots=True)
class NearMiss:
    """An agent that is online and does not take the job."""

    agent: str
    #: A sentence without its end, such as «is on linux-amd64».
    lacks: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitingReason:
    """``code`` and ``message`` always; of the rest what belongs to the code."""

    code: WaitingCode
    message: str
    #: Where it waits: ``platform/pool/class``.
    lane: str | None = None
    near_misses: Sequence[NearMiss] = ()
    #: 1 = the next.
    position: int | None = None
    #: Seconds until it runs.
    estimate_s: float | None = None
    #: What it waits for comes at this time, or somewhat later.
    until: datetime | None = None
    #: How many jobs of the account may be in motion, and how many are.
    limit: int | None = None
    in_motion: int | None = None


def explain_state(job: JobView, *, now: datetime) -> WaitingReason | None:
    """Why a job waits that is not queued; None for one that runs or has ended, and for a queued one."""
    match job.state:
        case JobState.SCHEDULED:
            return _scheduled(job, job.run_at)
        case JobState.CLAIMED:
            return WaitingReason(
                code=WaitingCode.CLAIMED,
                message=f"{job.agent or 'An agent'} holds it and has not begun to run it.",
                lane=str(job.lane),
            )
        case JobState.STAGED if job.awaits_approval:
            return WaitingReason(
                code=WaitingCode.AWAITING_APPROVAL,
                message="Its work is done; it waits for an approval before it is published.",
            )
        case JobState.STAGED:
            later = job.publish_at if job.publish_at is not None and job.publish_at > now else None
            when = "is being published" if later is None else f"is published not before {iso_ms(later)}"
            return WaitingReason(
                code=WaitingCode.PUBLISHING,
                message=f"Its work is done; the result {when}.",
                until=later,
            )
        case _:
            return None


def explain_held_back(job: JobView, facts: JobFacts, *, now: datetime) -> WaitingReason | None:
    """What keeps a queued job, whoever has room for it; None: nothing but its turn."""
    if facts.run_at is not None and facts.run_at > now:
        return _backoff(job, facts, facts.run_at) if facts.attempt else _scheduled(job, facts.run_at)
    if facts.pause_reason is not None:
        said = f": {facts.pause_reason}" if facts.pause_reason else "."
        return WaitingReason(
            code=WaitingCode.PAUSED,
            message=f"The operator has paused the pool '{job.pool}'{said}",
            lane=str(job.lane),
        )
    limit, moving = facts.max_running, facts.in_motion or 0
    if limit is not None and not facts.released and moving >= limit:
        return WaitingReason(
            code=WaitingCode.QUOTA,
            message=f"This account may have {_jobs(limit)} in motion and has {moving}; this one goes on once one of "
            "them has ended.",
            lane=str(job.lane),
            limit=limit,
            in_motion=moving,
        )
    return None


def explain_turn(job: JobView, expected: Expected) -> WaitingReason:
    """Why a queued job waits that somebody serves."""
    ahead = expected.ahead
    if ahead is not None and ahead < expected.free:
        message = "An agent has room for it: it is about to start."
        return WaitingReason(
            code=WaitingCode.STARTING, message=message, lane=str(job.lane), position=ahead + 1, estimate_s=0.0
        )
    who = (
        "All workers of this account are"
        if is_private(job.pool)
        else f"All agents that serve '{job.pool}' are"
    )
    place = "" if ahead is None else f"; it is number {ahead + 1} in line"
    about = "" if expected.wait_s is None else f", in about {span(expected.wait_s)}"
    return WaitingReason(
        code=WaitingCode.ALL_BUSY,
        message=f"{who} busy{place}{about}.",
        lane=str(job.lane),
        position=None if ahead is None else ahead + 1,
        estimate_s=None if expected.wait_s is None else round(expected.wait_s, 3),
    )


def explain_nobody(job: JobView, online: Sequence[AgentOnline]) -> WaitingReason | None:
    """Why nobody takes a queued job; None when an agent that is online serves its lane after all."""
    if any(_serves(agent, job) and not agent.draining for agent in online):
        return None
    if is_private(job.pool):
        return _nobody(job, "No worker of this account is online.")
    where = "" if job.platform == ANY_PLATFORM else f" on {job.platform}"
    sentence = f"No agent that is online serves '{job.pool}'{where}."
    if not online:
        return _nobody(job, f"{sentence} No agent is online at all.")
    named = [
        NearMiss(agent=agent.agent, lacks=_miss(agent, job)) for agent in sorted(online, key=_nearness(job))
    ]
    misses = " ".join(f"{miss.agent} {miss.lacks}." for miss in named[:_NAMED])
    more = f" (and {len(named) - _NAMED} more)" if len(named) > _NAMED else ""
    return _nobody(job, f"{sentence} {misses}{more}", named[:_NAMED])


def span(seconds: float) -> str:
    """A while for people: ``12 s``, ``3 min``, ``2 h``."""
    if seconds < 100:
        return f"{max(1, math.ceil(seconds))} s"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{math.ceil(seconds / 3600)} h"


def _scheduled(job: JobView, run_at: datetime | None) -> WaitingReason:
    when = "its time has come." if run_at is None else f"it does not start before {iso_ms(run_at)}."
    return WaitingReason(
        code=WaitingCode.SCHEDULED, message=f"It is scheduled: {when}", lane=str(job.lane), until=run_at
    )


def _backoff(job: JobView, facts: JobFacts, run_at: datetime) -> WaitingReason:
    why = f" ({facts.last_reason})" if facts.last_reason else ""
    after = f"the next does not begin before {iso_ms(run_at)}."
    message = f"Attempt {facts.attempt} of {job.max_attempts} failed{why}; {after}"
    return WaitingReason(code=WaitingCode.RETRY_BACKOFF, message=message, lane=str(job.lane), until=run_at)


def _nobody(job: JobView, message: str, misses: Sequence[NearMiss] = ()) -> WaitingReason:
    return WaitingReason(
        code=WaitingCode.NO_AGENT_FOR_LANE, message=message, lane=str(job.lane), near_misses=tuple(misses)
    )


def _jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count} jobs"


def _serves(agent: AgentOnline, job: JobView) -> bool:
    takes_all = agent.transport == "rest" and not agent.pools and not is_private(job.pool)
    return _fits(agent, job) and (takes_all or job.pool in agent.pools)


def _fits(agent: AgentOnline, job: JobView) -> bool:
    return ANY_PLATFORM in {agent.platform, job.platform} or agent.platform == job.platform


def _nearness(job: JobView) -> Callable[[AgentOnline], tuple[int, str]]:
    """The nearest misses first: what serves the pool, then what says what it lacks, then all others."""

    def order(agent: AgentOnline) -> tuple[int, str]:
        rank = 0 if job.pool in agent.pools else 1 if agent.lacks else 2
        return rank, agent.agent

    return order


def _miss(agent: AgentOnline, job: JobView) -> str:
    """What keeps the agent from it, as the end of a sentence that begins with its name."""
    if _serves(agent, job):
        if agent.drained is not None:
            return f"takes no more jobs: an operator drains it{_because(agent.drained)}"
        return "finishes its jobs and takes no more"
    if agent.lacks:
        return f"can't run it: {agent.lacks.rstrip('.')}"
    if job.pool in agent.pools:
        return f"is on {agent.platform}"
    return "serves other models"


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""
