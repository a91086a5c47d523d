"""Writes outcomes into the record: many in one statement, and one by one where a decision is needed."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from headrace_contracts.jobs.lane import Lane
from headrace_contracts.jobs.state import JobState
from headrace_contracts.messages.changes import Change
from headrace_contracts.messages.events import FailureCode
from headrace_dispatcher.recorder.backoff import not_before
from headrace_dispatcher.recorder.batch import GroupCommit
from headrace_dispatcher.recorder.decide import OutcomeDecision, decide_outcome, rule
from headrace_dispatcher.recorder.outcome import Outcome, clean
from headrace_dispatcher.recorder.policy import last_one
from headrace_dispatcher.recorder.spans import record_span
from headrace_dispatcher.store.attempts import AttemptStore
from headrace_dispatcher.store.locked import LockedJob
from headrace_dispatcher.store.outcomes import OutcomeStore
from headrace_dispatcher.store.rows import Finished, Requeued
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.telemetry import Telemetry

log = logging.getLogger(__name__)

_MAX_BATCH = 1024


class Aftermath(Protocol):
    """Who wants to know that jobs have ended or wait again."""

    def freed(self, lanes: Sequence[Lane]) -> None: ...

    def requeued(self, lanes: Sequence[Lane]) -> None: ...

    def outbox(self) -> None: ...

    def tell(self, changes: Iterable[Change]) -> None: ...


class OutcomeWriter:
    """The way of every outcome into the record."""

    def __init__(
        self,
        store: OutcomeStore,
        attempts: AttemptStore,
        js: JetStream,
        aftermath: Aftermath,
        telemetry: Telemetry,
    ) -> None:
        self._store = store
        self._attempts = attempts
        self._js = js
        self._aftermath = aftermath
        self._telemetry = telemetry
        self._stale = telemetry.metrics.counter("headrace.outcomes.stale", unit="{outcome}")
        self._commit = GroupCommit(self._write, max_batch=_MAX_BATCH)

    async def put(self, outcomes: Sequence[Outcome]) -> list[JobState | None]:
        """Record outcomes; the job's new state where it counted, None where its attempt was not the current one.

        Raises what asyncpg raises; then nothing of the batch is known to be recorded.
        """
        return await self._commit.put(outcomes)

    async def _write(self, outcomes: Sequence[Outcome]) -> list[JobState | None]:
        # Another attempt needs the count of those that were; a job twice in a batch needs an order.
        again = await self._may_go_on(outcomes)
        fast: dict[object, int] = {}
        for index, outcome in enumerate(outcomes):
            if index not in again and outcome.id not in fast:
                fast[outcome.id] = index
        states: list[JobState | None] = [None] * len(outcomes)
        if fast:
            batch = [outcomes[index] for index in fast.values()]
            with record_span(self._telemetry, batch):
                finished = await self._store.finish(batch)
            await self._follow(finished)
            for row in finished:
                states[fast[row.id]] = row.state
        for index, outcome in enumerate(outcomes):
            if states[index] is not None:
                continue
            if outcome.claim_hash is None or fast.get(outcome.id) != index:
                states[index] = await self._settle(outcome)
            # Else its token is not the one that holds the job, which its caller is told.
        return states

    async def _may_go_on(self, outcomes: Sequence[Outcome]) -> set[int]:
        """Which of them, by index, are failures that their job's policy retries."""
        failed = {index: each for index, each in enumerate(outcomes) if each.state is JobState.FAILED}
        if not failed:
            return set()
        policies = await self._store.policies(list({outcome.id for outcome in failed.values()}))
        return {
            index
            for index, outcome in failed.items()
            if (policy := policies.get(outcome.id)) is not None and outcome.code in policy.retry_on
        }

    async def _settle(self, outcome: Outcome) -> JobState | None:
        again, held = None, None
        async with self._attempts.locked(outcome.id) as job:
            decision = OutcomeDecision.STALE if job is None else decide_outcome(job.row, outcome)
            if job is None or decision is OutcomeDecision.STALE:
                self._ignore(outcome)
                return None
            number = job.row.attempt
            if decision is OutcomeDecision.RETRY:
                again = await self._requeue(job, outcome)
                held = await job.drop_lease()
            elif decision is OutcomeDecision.SUPERSEDE:
                await job.keep_attempt("lost", "a later attempt ended first")
                await job.requeue(in_work=True, not_before=None, counts=True)
                await job.drop_lease()
        if again is not None:
            await self._tell_requeued(again, held)
            return JobState.QUEUED
        if decision is OutcomeDecision.SUPERSEDE and outcome.state is JobState.FAILED:
            return await self._settle(outcome)
        if decision is OutcomeDecision.LAST and number > 1:
            outcome = replace(outcome, reason=clean(last_one(outcome.reason or "it failed", number)))
        state = await self._finish_one(outcome)
        if state is None:
            self._ignore(outcome)
        return state

    async def _tell_requeued(self, again: Requeued, held: str | None) -> None:
        if held is not None:
            # The job is released anew when its time has come; should the ack be lost, the fence turns this one away.
            await self._js.ack_many([held])
        self._aftermath.requeued([again.lane])
        self._aftermath.tell([again.change])

    async def _finish_one(self, outcome: Outcome) -> JobState | None:
        with record_span(self._telemetry, [outcome]):
            finished = await self._store.finish([outcome])
        await self._follow(finished)
        return finished[0].state if finished else None

    async def _requeue(self, job: LockedJob, outcome: Outcome) -> Requeued:
        number, code = job.row.attempt, outcome.code or FailureCode.CRASH
        if outcome.claim_hash is None and job.row.fence < outcome.fence:
            await job.adopt(outcome)
            number += 1
        await job.keep_attempt(code, outcome.reason or "")
        again = await job.requeue(
            in_work=False, not_before=not_before(rule(job.row), code, number), counts=True
        )
        log.info(
            "job %s: attempt %d ended (%s), another one follows", job.row.id, number, code,
            extra={"action": "attempt.retry", "job_id": str(job.row.id), "attempt": number},
        )  # fmt: skip
        return again

    async def _follow(self, finished: Sequence[Finished]) -> None:
        if not finished:
            return
        self._aftermath.tell(row.change for row in finished)
        held = [row.ack_subject for row in finished if row.ack_subject is not None]
        if held:
            await self._js.ack_many(held)
        self._aftermath.freed(list({row.lane for row in finished}))
        if any(row.outgoing for row in finished):
            self._aftermath.outbox()

    def _ignore(self, outcome: Outcome) -> None:
        self._stale.add(1)
        log.info(
            "job %s: an outcome (%s) came from an attempt that is not the current one; ignored",
            outcome.id, outcome.state,
            extra={"action": "outcome.stale", "job_id": str(outcome.id), "fence": outcome.fence},
        )  # fmt: skip
