"""Which waiting jobs a machine at large may see and claim: those of everybody that are meant for it."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from headrace_api.core.errors import JobNotFoundError
from headrace_api.core.identity.principal import WorkerPrincipal
from headrace_api.core.ports import Jobs
from headrace_api.core.submit import PUBLIC_ACCOUNT
from headrace_contracts.catalogue.project import MODEL as PROJECT
from headrace_contracts.jobs.lane import ANY_PLATFORM, is_private
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobView

#: The most that one look shows.
MOST = 100


class MarketRecord(Protocol):
    """Waiting jobs by urgency and age. Raises UnavailableError while the record is away."""

    async def waiting(
        self, *, accounts: Sequence[UUID], open_model: str, platforms: Sequence[str] | None, limit: int
    ) -> list[JobView]:
        """Queued jobs that may start now: of ``accounts``, and of anybody with the model ``open_model``."""
        ...


def offered(job: JobView, account_id: UUID) -> bool:
    """True when machines of ``account_id`` may run it: a project of anybody, a public job, one of their own."""
    if job.account_id == account_id:
        return True
    if is_private(job.pool) or job.state in {JobState.SCHEDULED, JobState.STAGED}:
        return False
    return job.model == PROJECT.id or job.account_id == PUBLIC_ACCOUNT


def fits(job: JobView, platform: str) -> bool:
    """True when a machine of ``platform`` can run it."""
    return ANY_PLATFORM in {job.platform, platform} or job.platform == platform


class Market:
    """Jobs as providers of machines see them."""

    def __init__(self, record: MarketRecord, jobs: Jobs) -> None:
        self._record = record
        self._jobs = jobs

    async def available(self, worker: WorkerPrincipal) -> list[JobView]:
        """What the worker may claim now: the most urgent first, then the oldest, at most ``MOST``."""
        return await self.pending(worker.account_id, worker.platform)

    async def pending(self, account_id: UUID, platform: str | None) -> list[JobView]:
        """The same for a provider that asks for a platform; None or ``any`` = all."""
        platforms = None if platform in {None, ANY_PLATFORM} else [str(platform), ANY_PLATFORM]
        jobs = await self._record.waiting(
            accounts=[account_id, PUBLIC_ACCOUNT], open_model=PROJECT.id, platforms=platforms, limit=MOST
        )
        return [job for job in jobs if offered(job, account_id)]

    async def check(self, job_id: UUID | None, worker: WorkerPrincipal) -> JobView:
        """The job, if the worker may know of it. Raises JobNotFoundError."""
        view = None if job_id is None else await self._jobs.view(job_id)
        if view is None or not (offered(view, worker.account_id) and fits(view, worker.platform)):
            raise JobNotFoundError("Job not found")
        return view

    async def held(self, job_id: UUID | None, worker: WorkerPrincipal) -> JobView:
        """A job that the worker holds, or was the last to hold. Raises JobNotFoundError."""
        holder = None if job_id is None else await self._jobs.holder(job_id)
        if job_id is None or holder is None or holder.claim_hash is None:
            raise JobNotFoundError("Job not found")
        view = await self._jobs.view(job_id)
        if view is None or not hmac.compare_digest(bytes.fromhex(worker.claim_token), holder.claim_hash):
            raise JobNotFoundError("Job not found")
        return view
