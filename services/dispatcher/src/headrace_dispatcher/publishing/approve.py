"""``dispatch.approve``: a job whose work is done may be published."""

from __future__ import annotations

from headrace_contracts.jobs.state import JobState
from headrace_contracts.messages.requests import Answer, AnswerReply, ApproveRequest
from headrace_dispatcher.recorder.writer import Aftermath
from headrace_dispatcher.store.attempts import AttemptStore
from headrace_dispatcher.store.publishing import PublishingStore


class ApproveService:
    """Approvals."""

    def __init__(self, store: PublishingStore, attempts: AttemptStore, aftermath: Aftermath) -> None:
        self._store = store
        self._attempts = attempts
        self._aftermath = aftermath

    async def approve(self, request: ApproveRequest) -> AnswerReply:
        """Approve a job that waits for it; one without anything to publish is over with that."""
        if not await self._store.approve(request.id):
            holder = await self._attempts.holder(request.id)
            if holder is None:
                return AnswerReply(answer=Answer.NOT_FOUND)
            return AnswerReply(answer=Answer.INVALID_STATE, state=holder.state, at=holder.finished_at)
        ended = await self._store.settle([request.id])
        if ended:
            self._aftermath.tell(ended)
            self._aftermath.outbox()
            return AnswerReply(answer=Answer.OK, state=ended[0].state, at=ended[0].at)
        return AnswerReply(answer=Answer.OK, state=JobState.STAGED)
