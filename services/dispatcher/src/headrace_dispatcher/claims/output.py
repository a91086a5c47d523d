"""Output that a REST agent hands in: kept in the record up to a bound, told to who watches."""

from __future__ import annotations

from datetime import UTC, datetime

from headrace_contracts.jobs.state import HELD
from headrace_contracts.limits import OUTPUT_BYTES
from headrace_contracts.messages.requests import Answer, AnswerReply, ReportRequest
from headrace_dispatcher.changes.feed import Watchers
from headrace_dispatcher.changes.rows import said
from headrace_dispatcher.store.attempts import AttemptStore


class OutputKeeper:
    """Numbers the chunks of an attempt in the order in which they come."""

    def __init__(self, attempts: AttemptStore, watchers: Watchers) -> None:
        self._attempts = attempts
        self._watchers = watchers

    async def keep(self, request: ReportRequest, fence: int) -> AnswerReply:
        """Keep a chunk of the attempt with ``fence``; FULL when it does not fit into the record any more."""
        # Postgres text can't hold NUL.
        text = request.text.replace("\x00", "\ufffd")
        size = len(text.encode())
        async with self._attempts.locked(request.id) as job:
            if job is None or job.row.fence != fence or job.row.state not in HELD:
                return AnswerReply(answer=Answer.INVALID_STATE, state=job.row.state if job else "")
            row, left = job.row, await job.output_left(OUTPUT_BYTES)
            if request.ref is not None:
                await job.append_output(request.stream, "", request.ref, request.size)
            elif size > left:
                return AnswerReply(answer=Answer.FULL, state=row.state, output_left=left)
            elif text:
                await job.append_output(request.stream, text, None, size)
                left = await job.output_left(OUTPUT_BYTES)
        self._watchers.tell(
            said(
                job_id=request.id,
                account_id=row.account_id,
                attempt=row.attempt,
                agent=row.agent,
                stream=request.stream,
                text=text,
                at=datetime.now(UTC),
            )
        )
        return AnswerReply(answer=Answer.OK, state=row.state, output_left=left)
