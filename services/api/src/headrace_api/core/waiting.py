"""Why a queued job waits, as far as the agents that are online explain it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headrace_contracts.jobs.lane import ANY_PLATFORM
from headrace_contracts.jobs.view import JobView
from headrace_store.jobs.waiting import AgentOnline

#: Near misses that are named.
_NAMED = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitingReason:
    """A code for programs and a sentence for people."""

    code: str
    message: str


def explain(job: JobView, online: Sequence[AgentOnline]) -> WaitingReason | None:
    """Why nobody takes ``job``; None when an agent that is online serves its lane."""
    if any(_serves(agent, job) and not agent.draining for agent in online):
        return None
    where = "" if job.platform == ANY_PLATFORM else f" on {job.platform}"
    sentence = f"No agent that is online serves '{job.pool}'{where}."
    if not online:
        return WaitingReason(code="NO_AGENT_FOR_LANE", message=f"{sentence} No agent is online at all.")
    misses = " ".join(_miss(agent, job) for agent in online[:_NAMED])
    more = f" (and {len(online) - _NAMED} more)" if len(online) > _NAMED else ""
    return WaitingReason(code="NO_AGENT_FOR_LANE", message=f"{sentence} {misses}{more}")


def _serves(agent: AgentOnline, job: JobView) -> bool:
    takes_all = agent.transport == "rest" and not agent.pools
    fits = ANY_PLATFORM in {agent.platform, job.platform} or agent.platform == job.platform
    return fits and (takes_all or job.pool in agent.pools)


def _miss(agent: AgentOnline, job: JobView) -> str:
    if agent.lacks:
        return f"{agent.agent}: {agent.lacks}"
    if _serves(agent, job):
        return f"{agent.agent} finishes its jobs and takes no more."
    if job.pool in agent.pools:
        return f"{agent.agent} is on {agent.platform}."
    return f"{agent.agent} serves other models."
