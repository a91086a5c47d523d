"""``dispatch.move``: a job that waits goes on waiting in another class."""

from __future__ import annotations

from headrace_contracts.jobs.priority import Priority
from headrace_contracts.jobs.state import JobState
from headrace_contracts.messages.requests import Answer, AnswerReply, MoveRequest
from headrace_dispatcher.pools.recall import Recaller
from headrace_dispatcher.recorder.writer import Aftermath
from headrace_dispatcher.store.attempts import AttemptStore

_WAITING = frozenset({JobState.SCHEDULED, JobState.QUEUED})


class MoveService:
    """Moves jobs between the lanes of their pool."""

    def __init__(self, attempts: AttemptStore, recaller: Recaller, aftermath: Aftermath) -> None:
        self._attempts = attempts
        self._recaller = recaller
        self._aftermath = aftermath

    async def move(self, request: MoveRequest) -> AnswerReply:
        """Give a job another priority, as if it had asked for it; INVALID_STATE when it does not wait."""
        async with self._attempts.locked(request.id) as job:
            if job is None:
                return AnswerReply(answer=Answer.NOT_FOUND)
            row = job.row
            if row.state not in _WAITING:
                return AnswerReply(answer=Answer.INVALID_STATE, state=row.state)
            moved = await job.set_priority(Priority(request.priority))
        if row.released and moved.before != moved.lane:
            await self._recaller.take_out([(moved.before, row.id, row.epoch)])
            self._aftermath.freed([moved.before])
        if row.state is JobState.QUEUED:
            self._aftermath.requeued([moved.lane])
        return AnswerReply(answer=Answer.OK, state=row.state)
