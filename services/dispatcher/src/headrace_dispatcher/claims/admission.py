"""Starts that the common case did not cover: taking over from a lost attempt, or turning a message away."""

from __future__ import annotations

import logging

from headrace_contracts.messages.agents import Attempt
from headrace_dispatcher.claims.losses import Losses
from headrace_dispatcher.recorder.decide import StartDecision, decide_start
from headrace_dispatcher.store.attempts import AttemptStore

log = logging.getLogger(__name__)


class Admission:
    """Decides with the job's row locked."""

    def __init__(self, attempts: AttemptStore, losses: Losses) -> None:
        self._attempts = attempts
        self._losses = losses

    async def decide(self, attempt: Attempt, instance: str | None) -> StartDecision:
        """After GO the job is queued and can be started in the common way; other answers are final."""
        ended, reason = None, ""
        async with self._attempts.locked(attempt.id) as job:
            if job is None:
                return StartDecision.DROP
            decision = decide_start(job.row, attempt.fence, instance)
            if decision is StartDecision.SUPERSEDE:
                await job.keep_attempt("lost", "its lease lapsed and another agent took over")
                await job.requeue(in_work=True, not_before=None, counts=True)
                # A claim's lease would keep the message, which is the new attempt's now, in progress without it.
                await job.drop_lease()
                decision = StartDecision.GO
            elif decision is StartDecision.EXHAUSTED:
                ended, reason = await self._losses.give_up(job, "the agent that ran the job was lost")
        if ended is not None:
            await self._losses.after_end(ended, reason)
        log.info(
            "job %s: %s", attempt.id, decision.name.lower(),
            extra={"action": "start.decided", "job_id": str(attempt.id), "fence": attempt.fence},
        )  # fmt: skip
        return decision
