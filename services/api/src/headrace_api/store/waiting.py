"""What ``core.why`` reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from headrace_api.store.record import translated
from headrace_contracts.limits import AGENT_SILENT_S
from headrace_store.jobs.waiting import AgentOnline, JobFacts, agents_online, job_facts
from headrace_store.postgres import Pool


class RecordWaiting:
    """``core.why.WaitingRecord``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def facts(self, job_ids: Sequence[UUID], *, counted: bool) -> Mapping[UUID, JobFacts]:
        with translated():
            return await job_facts(self._pool, job_ids, counted=counted)

    async def agents_online(self, pool: str) -> list[AgentOnline]:
        with translated():
            return await agents_online(self._pool, pool, silent_s=AGENT_SILENT_S)
