"""``dispatch.worker``: signs of life of registered workers, and their ends."""

from __future__ import annotations

from headrace_contracts.messages.requests import Answer, AnswerReply, WorkerRequest
from headrace_dispatcher.claims.losses import Losses
from headrace_dispatcher.recorder.outcome import clean
from headrace_dispatcher.store.leases import LeaseStore


class WorkerService:
    """All claims of one worker at once."""

    def __init__(self, leases: LeaseStore, losses: Losses) -> None:
        self._leases = leases
        self._losses = losses

    async def heard(self, request: WorkerRequest) -> AnswerReply:
        """Renew all that the worker holds; when it is gone, give it to others as after any loss."""
        if not request.gone:
            await self._leases.renew_worker(request.worker)
            return AnswerReply(answer=Answer.OK)
        reason = clean(request.reason) or "the worker is gone"
        for attempt in await self._leases.of_worker(request.worker):
            await self._losses.lost(attempt.id, attempt.fence, reason)
        return AnswerReply(answer=Answer.OK)
