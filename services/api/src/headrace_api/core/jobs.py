"""Looking at jobs and cancelling them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from headrace_api.core.errors import JobNotFoundError, UnavailableError, WrongStateError, WrongTokenError
from headrace_api.core.ports import Dispatcher, Jobs
from headrace_api.core.waiting import WaitingReason, explain
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobView
from headrace_contracts.messages.requests import Answer, AnswerReply, CancelRequest


@dataclass(frozen=True, kw_only=True, slots=True)
class Cancelled:
    id: UUID
    at: datetime


class JobDesk:
    """Reads and the cancel."""

    def __init__(self, jobs: Jobs, dispatcher: Dispatcher) -> None:
        self._jobs = jobs
        self._dispatcher = dispatcher

    async def view(self, job_id: UUID | None) -> JobView:
        """Raises JobNotFoundError, also for None, which stands for an id that can't be one."""
        view = None if job_id is None else await self._jobs.view(job_id)
        if view is None:
            raise JobNotFoundError("Job not found")
        return view

    async def waiting_reason(self, view: JobView) -> WaitingReason | None:
        """Why a queued job waits; None when it doesn't, or when it is only its turn that has not come."""
        if view.state is not JobState.QUEUED:
            return None
        return explain(view, await self._jobs.agents_online(view.pool))

    async def recent(self, limit: int) -> list[JobView]:
        """The youngest jobs first."""
        return await self._jobs.recent(limit)

    async def cancel(self, job_id: UUID | None) -> Cancelled:
        """Cancel a job that has not ended. Raises JobNotFoundError, WrongStateError or UnavailableError."""
        if job_id is None:
            raise JobNotFoundError("Job not found")
        reply = await self._dispatcher.cancel(CancelRequest(id=job_id))
        refuse(reply)
        return Cancelled(id=job_id, at=reply.at or datetime.now(UTC))


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
