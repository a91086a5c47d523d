"""``dispatch.claim`` of one job that the request names: it leaves the queue, wherever it waits."""

from __future__ import annotations

import logging
from uuid import UUID

from headrace_contracts.jobs.lane import Lane
from headrace_contracts.jobs.state import JobState
from headrace_contracts.messages.requests import Answer, ClaimedJob, ClaimReply, ClaimRequest
from headrace_dispatcher.claims.choose import fits
from headrace_dispatcher.recorder.writer import Aftermath
from headrace_dispatcher.release.republish import Republisher
from headrace_dispatcher.release.work import input_of, payload_of
from headrace_dispatcher.store.attempts import AttemptStore
from headrace_dispatcher.store.rows import HeldByName, HeldRow
from headrace_runtime.jetstream.errors import JetStreamError

log = logging.getLogger(__name__)


def may_claim(row: HeldRow, request: ClaimRequest) -> bool:
    """Whether the job waits, its time has come and the agent's platform fits. Pure."""
    return (
        row.state is JobState.QUEUED
        and row.due
        and row.attempt < row.max_attempts
        and fits(row.platform, request.platforms)
    )


class OneClaim:
    """Claims a job under its row's lock, so that it is given once; its fence turns away who fetched its message."""

    def __init__(self, attempts: AttemptStore, work: Republisher, aftermath: Aftermath) -> None:
        self._attempts = attempts
        self._work = work
        self._aftermath = aftermath

    async def claim(self, job_id: UUID, request: ClaimRequest) -> ClaimReply:
        """The job, or why it can't be had."""
        async with self._attempts.locked(job_id) as job:
            if job is None:
                return ClaimReply(answer=Answer.NOT_FOUND)
            if not may_claim(job.row, request):
                return ClaimReply(answer=Answer.INVALID_STATE, state=job.row.state)
            held_up = await job.held_up(request.agent)
            if held_up is not None:
                log.info(
                    "job %s is not given: %s", job_id, held_up,
                    extra={"action": "claim.held_up", "job_id": str(job_id), "agent": request.agent},
                )  # fmt: skip
                return ClaimReply(answer=Answer.INVALID_STATE, state=job.row.state)
            held = await job.claim(
                JobState.RUNNING if request.start else JobState.CLAIMED,
                agent=request.agent,
                claim_hash=bytes.fromhex(request.token_hash),
                lease_s=request.lease_s,
                worker=request.worker,
            )
        self._aftermath.tell([held.change])
        await self._take_out(held.lane, held)
        self._aftermath.freed([held.lane])
        work = held.work
        return ClaimReply(
            job=ClaimedJob(
                id=work.id,
                fence=held.fence,
                model=work.model,
                priority=int(held.lane.priority),
                attempt=work.attempt,
                payload=payload_of(work),
                input=input_of(work),
                timeout_s=work.timeout_s,
                created_at=work.created_at,
            )
        )

    async def _take_out(self, lane: Lane, held: HeldByName) -> None:
        """Take a message of an earlier release out of WORK. Best effort: the reconcile finds the rest."""
        if held.work.epoch == 1:
            return  # it was never released
        try:
            await self._work.purge_older(lane.subject(held.work.id), held.work.epoch)
        except JetStreamError as error:
            log.warning(
                "job %s: its message stays in WORK for now: %s", held.work.id, error,
                extra={"action": "work.purge.put_off", "job_id": str(held.work.id)},
            )  # fmt: skip
