"""``dispatch.report`` and ``dispatch.cancel``: what the holder of a claim, or the client, says of a job."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime

from headrace_contracts.jobs.state import HELD, JobState
from headrace_contracts.messages.requests import Answer, AnswerReply, CancelRequest, ReportKind, ReportRequest
from headrace_dispatcher.claims.losses import Losses
from headrace_dispatcher.recorder.outcome import Outcome, clean, json_text
from headrace_dispatcher.recorder.writer import OutcomeWriter
from headrace_dispatcher.store.attempts import AttemptStore
from headrace_dispatcher.store.leases import LeaseStore
from headrace_dispatcher.store.rows import Holder
from headrace_runtime.jetstream.client import JetStream


class ReportService:
    """Reports on claims and cancels."""

    def __init__(
        self, attempts: AttemptStore, leases: LeaseStore, writer: OutcomeWriter, losses: Losses, js: JetStream
    ) -> None:
        self._attempts = attempts
        self._leases = leases
        self._writer = writer
        self._losses = losses
        self._js = js

    async def report(self, request: ReportRequest) -> AnswerReply:
        """Record what the holder says; only the current attempt's token is heard."""
        if request.kind in {ReportKind.COMPLETED, ReportKind.FAILED}:
            ended = await self._end(request)
            if ended is not None:
                return ended
        holder = await self._attempts.holder(request.id)
        if holder is None:
            return AnswerReply(answer=Answer.NOT_FOUND)
        if holder.claim_hash is None or not hmac.compare_digest(holder.claim_hash.hex(), request.token_hash):
            return AnswerReply(answer=Answer.FORBIDDEN, state=holder.state)
        if holder.state not in HELD or request.kind in {ReportKind.COMPLETED, ReportKind.FAILED}:
            return AnswerReply(answer=Answer.INVALID_STATE, state=holder.state, at=holder.finished_at)
        return await self._go_on(holder, request)

    async def _go_on(self, holder: Holder, request: ReportRequest) -> AnswerReply:
        if request.kind is ReportKind.HANDED_BACK:
            await self._losses.handed_back(holder.id, holder.fence, clean(request.reason) or "handed back")
            subject = await self._leases.close(holder.id, holder.fence)
            if subject is not None:
                await self._js.nak(subject, 0)
            return AnswerReply(answer=Answer.OK, state=JobState.QUEUED)
        if request.kind is ReportKind.STARTED:
            await self._attempts.begin(holder.id, holder.fence)
        await self._leases.renew(holder.id, holder.fence)
        state = JobState.RUNNING if request.kind is ReportKind.STARTED else holder.state
        return AnswerReply(answer=Answer.OK, state=state)

    async def _end(self, request: ReportRequest) -> AnswerReply | None:
        """Record an outcome; None when the token is not the current attempt's or the job is not held."""
        now = datetime.now(UTC)
        completed = request.kind is ReportKind.COMPLETED
        outcome = Outcome(
            id=request.id,
            claim_hash=bytes.fromhex(request.token_hash),
            state=JobState.COMPLETED if completed else JobState.FAILED,
            agent=None,
            instance=None,
            started_at=now,
            finished_at=now,
            result=json_text(request.result),
            result_ref=request.result_ref,
            meta=json_text(request.meta),
            file=request.file,
            code=None if completed else request.code,
            reason=None if completed else clean(request.reason),
            trace=request.trace,
        )
        if (await self._writer.put([outcome]))[0]:
            return AnswerReply(answer=Answer.OK, state=outcome.state, at=now)
        return None

    async def cancel(self, request: CancelRequest) -> AnswerReply:
        """Cancel a job that is not final."""
        ended = await self._losses.cancel(request.id, clean(request.reason))
        if ended is not None:
            return AnswerReply(answer=Answer.OK, state=ended.state, at=ended.finished_at)
        holder = await self._attempts.holder(request.id)
        if holder is None:
            return AnswerReply(answer=Answer.NOT_FOUND)
        return AnswerReply(answer=Answer.INVALID_STATE, state=holder.state, at=holder.finished_at)
