"""Why jobs wait: the facts are looked up, ``core.waiting`` says what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from headrace_api.core.estimates import Estimates
from headrace_api.core.load import Place
from headrace_api.core.waiting import (
    WaitingReason,
    explain_held_back,
    explain_nobody,
    explain_state,
    explain_turn,
)
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobView
from headrace_store.jobs.waiting import AgentOnline, JobFacts


class WaitingRecord(Protocol):
    """Raises UnavailableError while the record is away."""

    async def facts(self, job_ids: Sequence[UUID], *, counted: bool) -> Mapping[UUID, JobFacts]:
        """``counted``: with how many go before each by their age, which takes longer."""
        ...

    async def agents_online(self, pool: str) -> list[AgentOnline]: ...


class Why:
    """Every job that neither runs nor has ended has a reason. All methods raise UnavailableError."""

    def __init__(self, record: WaitingRecord, estimates: Estimates) -> None:
        self._record = record
        self._estimates = estimates

    async def of(self, view: JobView) -> WaitingReason | None:
        """With the job's place in line."""
        return (await self._of([view], counted=True)).get(view.id)

    async def of_all(self, views: Sequence[JobView]) -> dict[UUID, WaitingReason]:
        """Of those that wait, without their places: a list costs little more than one job."""
        return await self._of(views, counted=False)

    async def _of(self, views: Sequence[JobView], *, counted: bool) -> dict[UUID, WaitingReason]:
        now = datetime.now(UTC)
        queued = [view for view in views if view.state is JobState.QUEUED]
        facts = await self._record.facts([view.id for view in queued], counted=counted) if queued else {}
        agents: dict[str, list[AgentOnline]] = {}
        found: dict[UUID, WaitingReason] = {}
        for view in views:
            known = facts.get(view.id)
            # It may have gone on since it was read.
            job = view if known is None else replace(view, state=known.state)
            reason = explain_state(job, now=now)
            if known is not None and job.state is JobState.QUEUED:
                reason = await self._queued(job, known, now, agents)
            if reason is not None:
                found[view.id] = reason
        return found

    async def _queued(
        self, job: JobView, facts: JobFacts, now: datetime, agents: dict[str, list[AgentOnline]]
    ) -> WaitingReason:
        """``agents``: what was asked for before."""
        held_back = explain_held_back(job, facts, now=now)
        if held_back is not None:
            return held_back
        place = None if facts.older is None else Place(released=facts.released, older=facts.older)
        expected = await self._estimates.expect(job.lane, job.account_id, place)
        if expected.servers == 0:
            if job.pool not in agents:
                agents[job.pool] = await self._record.agents_online(job.pool)
            nobody = explain_nobody(job, agents[job.pool])
            if nobody is not None:
                return nobody
        return explain_turn(job, expected)
