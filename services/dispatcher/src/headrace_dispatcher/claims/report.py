"""``dispatch.report`` and ``dispatch.cancel``: what the holder of a claim, or the client, says of a job."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime

from headrace_contracts.jobs.state import HELD, JobState
from headrace_contracts.messages.events import Progressed
from headrace_contracts.messages.requests import Answer, AnswerReply, CancelRequest, ReportKind, ReportRequest
from headrace_dispatcher.changes.feed import Watchers
from headrace_dispatcher.claims.losses import Losses
from headrace_dispatcher.claims.output import OutputKeeper
from headrace_dispatcher.recorder.outcome import Outcome, clean, files_text, json_text
from headrace_dispatcher.recorder.writer import OutcomeWriter
from headrace_dispatcher.store.attempts import AttemptStore
from headrace_dispatcher.store.leases import LeaseStore
from headrace_dispatcher.store.reports import ReportStore
from headrace_dispatcher.store.rows import Holder


class ReportService:
    """Reports on claims and cancels."""

    def __init__(
        self,
        attempts: AttemptStore,
        reports: ReportStore,
        leases: LeaseStore,
        writer: OutcomeWriter,
        losses: Losses,
        watchers: Watchers,
    ) -> None:
        self._attempts = attempts
        self._reports = reports
        self._leases = leases
        self._writer = writer
        self._losses = losses
        self._watchers = watchers
        self._output = OutputKeeper(attempts, watchers)

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
            return AnswerReply(answer=Answer.OK, state=JobState.QUEUED)
        await self._leases.renew(holder.id, holder.fence)
        if request.kind is ReportKind.OUTPUT:
            return await self._output.keep(request, holder.fence)
        if request.kind is ReportKind.PROGRESS:
            await self._progress(holder, request)
        if request.kind is ReportKind.STARTED:
            begun = await self._attempts.begin(holder.id, holder.fence)
            self._watchers.tell([begun] if begun is not None else [])
            return AnswerReply(answer=Answer.OK, state=JobState.RUNNING)
        return AnswerReply(answer=Answer.OK, state=holder.state)

    async def _progress(self, holder: Holder, request: ReportRequest) -> None:
        percent = min(max(request.percent, 0.0), 100.0)
        event = Progressed(id=request.id, fence=holder.fence, percent=percent, message=request.text)
        self._watchers.tell(await self._reports.progress([event]))

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
            extra_files=files_text(request.extra_files),
            exit_code=request.exit_code,
            code=None if completed else request.code,
            reason=None if completed else clean(request.reason),
            trace=request.trace,
        )
        state = (await self._writer.put([outcome]))[0]
        return None if state is None else AnswerReply(answer=Answer.OK, state=state, at=now)

    async def cancel(self, request: CancelRequest) -> AnswerReply:
        """Cancel a job that is not final."""
        ended = await self._losses.cancel(request.id, clean(request.reason))
        if ended is not None:
            return AnswerReply(answer=Answer.OK, state=ended.state, at=ended.finished_at)
        holder = await self._attempts.holder(request.id)
        if holder is None:
            return AnswerReply(answer=Answer.NOT_FOUND)
        return AnswerReply(answer=Answer.INVALID_STATE, state=holder.state, at=holder.finished_at)
