"""Looking at jobs, and what their owner decides: cancel, approve, schedule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from headrace_api.core.errors import JobNotFoundError, UnavailableError, WrongStateError, WrongTokenError
from headrace_api.core.ports import Dispatcher, Jobs
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobDocument, JobView
from headrace_contracts.messages.requests import (
    Answer,
    AnswerReply,
    ApproveRequest,
    CancelRequest,
    MoveRequest,
    ScheduleRequest,
)
from headrace_store.jobs.find import JobPage, JobQuery, PastAttempt, Publication


@dataclass(frozen=True, kw_only=True, slots=True)
class Cancelled:
    id: UUID
    at: datetime


class JobDesk:
    """What the owner of jobs does with them. Another account's job is one that does not exist."""

    def __init__(self, jobs: Jobs, dispatcher: Dispatcher) -> None:
        self._jobs = jobs
        self._dispatcher = dispatcher

    async def view(self, job_id: UUID | None, account_id: UUID) -> JobView:
        """Raises JobNotFoundError, also for None, which stands for an id that can't be one."""
        view = None if job_id is None else await self._jobs.view(job_id)
        if view is None or view.account_id != account_id:
            raise JobNotFoundError("Job not found")
        return view

    async def document(self, job_id: UUID | None, account_id: UUID) -> JobDocument:
        """The job with its payload and its inline result. Raises JobNotFoundError."""
        document = None if job_id is None else await self._jobs.document(job_id)
        if document is None or document.job.account_id != account_id:
            raise JobNotFoundError("Job not found")
        return document

    async def recent(self, account_id: UUID, limit: int) -> list[JobView]:
        """The account's youngest jobs first."""
        return await self._jobs.recent(account_id, limit)

    async def find(self, query: JobQuery) -> JobPage:
        """A page of the account's jobs. Raises ValueError for an unknown sort."""
        return await self._jobs.find(query)

    async def attempts(self, job_id: UUID | None, account_id: UUID) -> list[PastAttempt]:
        """Attempts that ended while the job went on. Raises JobNotFoundError."""
        return await self._jobs.attempts((await self.view(job_id, account_id)).id)

    async def publications(self, view: JobView) -> list[Publication]:
        """Where the job is published to, and how far that is."""
        return await self._jobs.publications(view.id) if view.publishes else []

    async def cancel(self, job_id: UUID | None, account_id: UUID) -> Cancelled:
        """Cancel a job that has not ended. Raises JobNotFoundError, WrongStateError or UnavailableError."""
        view = await self.view(job_id, account_id)
        reply = await self._dispatcher.cancel(CancelRequest(id=view.id))
        refuse(reply)
        return Cancelled(id=view.id, at=reply.at or datetime.now(UTC))

    async def approve(self, job_id: UUID | None, account_id: UUID) -> JobView:
        """Let a staged job be published. Raises JobNotFoundError, WrongStateError (it is not staged)."""
        view = await self.view(job_id, account_id)
        refuse(await self._dispatcher.approve(ApproveRequest(id=view.id)))
        return await self.view(view.id, account_id)

    async def schedule(
        self,
        job_id: UUID | None,
        account_id: UUID,
        *,
        run_at: datetime | msgspec.UnsetType | None = msgspec.UNSET,
        publish_at: datetime | msgspec.UnsetType | None = msgspec.UNSET,
    ) -> JobView:
        """Set, move or (None) take away the time of the run or of the publishing; what is UNSET stays.

        Raises JobNotFoundError, WrongStateError (it has begun, or ended).
        """
        view = await self.view(job_id, account_id)
        refuse(
            await self._dispatcher.schedule(ScheduleRequest(id=view.id, run_at=run_at, publish_at=publish_at))
        )
        return await self.view(view.id, account_id)

    async def move(self, job_id: UUID | None, account_id: UUID, priority: Priority) -> JobView:
        """Let a job that waits go on waiting in another class. Raises JobNotFoundError, WrongStateError (it has begun,
        or ended).
        """
        view = await self.view(job_id, account_id)
        refuse(await self._dispatcher.move(MoveRequest(id=view.id, priority=int(priority))))
        return await self.view(view.id, account_id)


def refuse(reply: AnswerReply) -> None:
    """Raise what the dispatcher's answer means, unless it is OK."""
    match reply.answer:
        case Answer.OK:
            return
        case Answer.NOT_FOUND:
            raise JobNotFoundError("Job not found")
        case Answer.FORBIDDEN:
            raise WrongTokenError("Invalid claim token")
        case Answer.INVALID_STATE:
            raise WrongStateError(reply.state or JobState.QUEUED)
        case Answer.UNAVAILABLE:
            raise UnavailableError("The dispatcher")
