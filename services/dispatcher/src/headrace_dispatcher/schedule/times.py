"""``dispatch.schedule``: when a job may run, and when it may be published."""

from __future__ import annotations

import logging

import msgspec

from headrace_contracts.jobs.state import FINAL, JobState
from headrace_contracts.messages.requests import Answer, AnswerReply, ScheduleRequest
from headrace_dispatcher.recorder.writer import Aftermath
from headrace_dispatcher.release.republish import Republisher
from headrace_dispatcher.store.attempts import AttemptStore
from headrace_dispatcher.store.rows import HeldRow, Retimed
from headrace_runtime.jetstream.errors import JetStreamError

log = logging.getLogger(__name__)

_WAITING = frozenset({JobState.SCHEDULED, JobState.QUEUED})


class TimeService:
    """Sets both times of a job, or none."""

    def __init__(self, attempts: AttemptStore, work: Republisher, aftermath: Aftermath) -> None:
        self._attempts = attempts
        self._work = work
        self._aftermath = aftermath

    async def schedule(self, request: ScheduleRequest) -> AnswerReply:
        """Give a job other times; INVALID_STATE when it is too late for one of them."""
        retimed: Retimed | None = None
        async with self._attempts.locked(request.id) as job:
            if job is None:
                return AnswerReply(answer=Answer.NOT_FOUND)
            row = job.row
            too_late = AnswerReply(answer=Answer.INVALID_STATE, state=row.state)
            if not _possible(row, request):
                return too_late
            if request.publish_at is not msgspec.UNSET and not await job.set_publish_at(request.publish_at):
                return too_late
            if request.run_at is not msgspec.UNSET:
                retimed = await job.set_run_at(request.run_at)
        if retimed is not None:
            await self._move(row, retimed)
        return AnswerReply(answer=Answer.OK, state=retimed.state if retimed is not None else row.state)

    async def _move(self, before: HeldRow, now: Retimed) -> None:
        if now.state is not before.state:
            self._aftermath.tell([now.change])
        if now.state is JobState.QUEUED:
            self._aftermath.requeued([now.lane])
        elif before.released:
            try:
                await self._work.purge_older(now.lane.subject(before.id), now.epoch + 1)
            except JetStreamError as error:
                # Whoever fetches it is turned away by the fence; the reconcile removes it.
                log.warning(
                    "job %s: its message stays in WORK for now: %s", before.id, error,
                    extra={"action": "work.purge.put_off", "job_id": str(before.id)},
                )  # fmt: skip
            self._aftermath.freed([now.lane])


def _possible(row: HeldRow, request: ScheduleRequest) -> bool:
    if request.run_at is not msgspec.UNSET and row.state not in _WAITING:
        return False
    return request.publish_at is msgspec.UNSET or row.state not in FINAL
