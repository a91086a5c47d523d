"""Attempts that end without an outcome: lost, handed back, over time, cancelled."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from uuid import UUID

from headrace_contracts.bus import subjects
from headrace_contracts.jobs.state import JobState, sources_of
from headrace_contracts.messages.agents import Stop
from headrace_contracts.messages.codec import encode
from headrace_contracts.messages.events import FailureCode
from headrace_dispatcher.recorder.backoff import not_before
from headrace_dispatcher.recorder.decide import LossDecision, decide_late, decide_loss, rule
from headrace_dispatcher.recorder.policy import last_loss, last_one
from headrace_dispatcher.recorder.writer import Aftermath
from headrace_dispatcher.release.republish import Republisher
from headrace_dispatcher.store.attempts import AttemptStore
from headrace_dispatcher.store.leases import LeaseStore
from headrace_dispatcher.store.locked import LockedJob
from headrace_dispatcher.store.outcomes import OutcomeStore
from headrace_dispatcher.store.rows import Ended, Requeued
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.jetstream.errors import JetStreamError

log = logging.getLogger(__name__)


class Losses:
    """Ends attempts from outside."""

    def __init__(
        self,
        attempts: AttemptStore,
        outcomes: OutcomeStore,
        leases: LeaseStore,
        js: JetStream,
        aftermath: Aftermath,
    ) -> None:
        self._attempts = attempts
        self._outcomes = outcomes
        self._leases = leases
        self._js = js
        self._work = Republisher(js)
        self._aftermath = aftermath

    async def lost(self, job_id: UUID, fence: int, reason: str) -> None:
        """The agent of an attempt is gone: the job waits again, or fails when that was its last attempt."""
        ended: Ended | None = None
        again: Requeued | None = None
        async with self._attempts.locked(job_id) as job:
            decision = LossDecision.NOTHING if job is None else decide_loss(job.row, fence)
            if job is not None and decision is LossDecision.REQUEUE:
                again = await _back(job, FailureCode.LOST, reason, counts=True)
            elif job is not None and decision is LossDecision.EXHAUSTED:
                ended, reason = await self.give_up(job, reason)
        log.warning(
            "job %s: %s (%s)", job_id, reason, decision.name.lower(),
            extra={"action": "attempt.lost", "job_id": str(job_id), "fence": fence},
        )  # fmt: skip
        if ended is not None:
            await self.after_end(ended, reason)
            return
        await self._after_return(job_id, fence, again)

    async def handed_back(self, job_id: UUID, fence: int, reason: str) -> None:
        """An agent gave the job back (its message comes again by itself); not counted as an attempt."""
        async with self._attempts.locked(job_id) as job:
            if job is None or decide_loss(job.row, fence) is LossDecision.NOTHING:
                return
            again = await _back(job, "handed_back", reason, counts=False)
        await self._after_return(job_id, fence, again)

    async def give_up(self, job: LockedJob, reason: str) -> tuple[Ended | None, str]:
        """Fail a job that is not tried again after ``reason``; returns its end (for ``after_end``) and why."""
        row = job.row
        why = last_loss(reason, rule(row), row.attempt, await job.lost_before())
        return await job.end(JobState.FAILED, FailureCode.LOST, why), why

    async def over_time(self, job_id: UUID, fence: int) -> None:
        """A run that its agent did not stop at its time."""
        reason = "the run took longer than its timeout"
        again, held, ended = None, None, None
        async with self._attempts.locked(job_id) as job:
            decision = (
                LossDecision.NOTHING if job is None else decide_loss(job.row, fence, FailureCode.TIMEOUT)
            )
            if job is None or decision is LossDecision.NOTHING:
                return
            row = job.row
            if decision is LossDecision.EXHAUSTED:
                if FailureCode.TIMEOUT in rule(row).retry_on:
                    reason = last_one(reason, row.attempt)
                ended = await job.end(JobState.FAILED, FailureCode.TIMEOUT, reason)
            else:
                await job.keep_attempt(FailureCode.TIMEOUT, reason)
                again = await job.requeue(
                    in_work=False,
                    not_before=not_before(rule(row), FailureCode.TIMEOUT, row.attempt),
                    counts=True,
                )
                held = await job.drop_lease()
        if ended is not None:
            await self.after_end(ended, reason)
        if again is None:
            return
        if row.instance is not None:
            stop = Stop(id=job_id, fence=fence, reason=reason)
            await self._js.nc.publish(subjects.stop(row.instance), encode(stop))
        if held is not None:
            await self._js.ack_many([held])
        self._aftermath.tell([again.change])
        self._aftermath.requeued([again.lane])

    async def too_late(self, job_id: UUID) -> bool:
        """A job that has waited longer than it was to: it fails; False when it has begun, or ended, meanwhile."""
        async with self._attempts.locked(job_id) as job:
            if job is None or not decide_late(job.row):
                return False
            reason = f"it did not start within its queue timeout of {job.row.queue_timeout_s:g} seconds"
            ended = await job.end(JobState.FAILED, FailureCode.QUEUE_TIMEOUT, reason)
        if ended is None:
            return False
        log.info("job %s: %s", job_id, reason, extra={"action": "job.late", "job_id": str(job_id)})
        await self.after_end(ended, reason)
        return True

    async def cancel(self, job_id: UUID, reason: str) -> Ended | None:
        """Cancel a job that is not final; None when it is (or is unknown)."""
        ended = await self._outcomes.end(
            job_id, JobState.CANCELLED, _ordered(sources_of(JobState.CANCELLED)), None, reason
        )
        if ended is not None:
            await self.after_end(ended, reason)
        return ended

    async def after_end(self, ended: Ended, reason: str) -> None:
        """Clear away what is left of a job that ended from outside. Best effort: the reconcile finds the rest."""
        self._aftermath.tell([ended.change])
        try:
            if ended.ack_subject is not None:
                await self._js.ack_many([ended.ack_subject])
            elif ended.instance is not None:
                stop = Stop(id=ended.id, fence=ended.fence, reason=reason)
                await self._js.nc.publish(subjects.stop(ended.instance), encode(stop))
            elif ended.released:
                await self._work.purge(ended.lane.subject(ended.id))
        except JetStreamError as error:
            log.warning(
                "job %s: its message stays in WORK for now: %s", ended.id, error,
                extra={"action": "work.purge.put_off", "job_id": str(ended.id)},
            )  # fmt: skip
        self._aftermath.freed([ended.lane])
        if ended.outgoing:
            self._aftermath.outbox()

    async def _after_return(self, job_id: UUID, fence: int, again: Requeued | None) -> None:
        """The lease of an attempt is over; a message that was held for it goes to the next agent at once."""
        subject = await self._leases.close(job_id, fence)
        if subject is not None:
            await self._js.nak(subject, 0)
        if again is not None:
            self._aftermath.tell([again.change])
            self._aftermath.requeued([again.lane])


async def _back(job: LockedJob, outcome: str, reason: str, *, counts: bool) -> Requeued:
    await job.keep_attempt(outcome, reason)
    # While its message is in WORK, JetStream's redelivery is the one way to run it again. A job that was claimed by its
    # name has none.
    return await job.requeue(in_work=job.row.released, not_before=None, counts=counts)


def _ordered(states: frozenset[JobState]) -> Sequence[JobState]:
    return sorted(states)
