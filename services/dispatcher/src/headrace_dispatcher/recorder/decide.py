"""What becomes of an attempt, decided from the job's locked row. Pure: rows and tokens in, a decision out."""

from __future__ import annotations

import hmac
from enum import Enum, auto

from headrace_contracts.jobs.retry import RetryPolicy
from headrace_contracts.jobs.state import FINAL, HELD, JobState
from headrace_contracts.messages.events import FailureCode
from headrace_dispatcher.recorder.outcome import Outcome
from headrace_dispatcher.recorder.policy import policy_of
from headrace_dispatcher.store.rows import HeldRow


def rule(row: HeldRow) -> RetryPolicy:
    """The retry policy of the job in ``row``."""
    return policy_of(row.model, row.retry, row.max_attempts)


class StartDecision(Enum):
    """What to do with a wish to start that the common case did not cover."""

    #: Start it: nobody holds it, and it has attempts left.
    GO = auto()
    #: The same instance asks again for what it already has: say yes again.
    ALREADY_OURS = auto()
    #: An older attempt holds it, whose lease has lapsed: it is lost, the new one goes ahead.
    SUPERSEDE = auto()
    #: It would be one attempt too many, or its policy allows none after a loss.
    EXHAUSTED = auto()
    #: The job is over, or a newer attempt holds it.
    DROP = auto()


def decide_start(row: HeldRow, fence: int, instance: str | None) -> StartDecision:
    """Whether the attempt with ``fence`` may start."""
    if row.state not in HELD and row.state is not JobState.QUEUED:
        return StartDecision.DROP
    if row.fence == fence and row.state in HELD and instance is not None and row.instance == instance:
        return StartDecision.ALREADY_OURS
    if row.fence >= fence:
        return StartDecision.DROP
    if row.state in HELD:
        again = rule(row).retries(FailureCode.LOST, row.attempt)
        return StartDecision.SUPERSEDE if again else StartDecision.EXHAUSTED
    return StartDecision.EXHAUSTED if row.attempt >= row.max_attempts else StartDecision.GO


class OutcomeDecision(Enum):
    """What to do with an outcome that the common case did not cover."""

    #: It comes from an attempt that is not the current one: it changes nothing.
    STALE = auto()
    #: The current attempt failed for a reason that its policy retries, and there are attempts left.
    RETRY = auto()
    #: It failed for such a reason, and there are none left: write it, and say so.
    LAST = auto()
    #: Write it as it is.
    FINISH = auto()
    #: A newer attempt ended before its start was recorded: the older one is lost, then look again.
    SUPERSEDE = auto()


def decide_outcome(row: HeldRow, outcome: Outcome) -> OutcomeDecision:
    """What ``outcome`` does to the job in ``row``."""
    if outcome.claim_hash is not None:
        ours = row.claim_hash is not None and hmac.compare_digest(row.claim_hash, outcome.claim_hash)
        if row.state not in HELD or not ours:
            return OutcomeDecision.STALE
        return _end(row, outcome, row.attempt)
    if row.state in FINAL or row.state not in HELD | {JobState.QUEUED} or row.fence > outcome.fence:
        return OutcomeDecision.STALE
    if row.state is JobState.QUEUED and row.fence == outcome.fence:
        return OutcomeDecision.STALE  # the attempt was given up; a later one will bring the outcome
    if row.state in HELD and row.fence < outcome.fence:
        return OutcomeDecision.SUPERSEDE
    return _end(row, outcome, row.attempt + (1 if row.fence < outcome.fence else 0))


def _end(row: HeldRow, outcome: Outcome, attempt: int) -> OutcomeDecision:
    policy = rule(row)
    if outcome.state is not JobState.FAILED or outcome.code not in policy.retry_on:
        return OutcomeDecision.FINISH
    return OutcomeDecision.RETRY if policy.retries(outcome.code, attempt) else OutcomeDecision.LAST


class LossDecision(Enum):
    """What to do about an attempt whose agent is gone or whose lease has lapsed."""

    #: It is not the current attempt any more.
    NOTHING = auto()
    REQUEUE = auto()
    #: No attempt is left, or the policy allows none after this.
    EXHAUSTED = auto()


def decide_loss(row: HeldRow, fence: int, code: FailureCode = FailureCode.LOST) -> LossDecision:
    """What the loss of the attempt with ``fence`` (or its end for want of time) does to the job in ``row``."""
    if row.state not in HELD or row.fence != fence:
        return LossDecision.NOTHING
    return LossDecision.REQUEUE if rule(row).retries(code, row.attempt) else LossDecision.EXHAUSTED


def decide_late(row: HeldRow) -> bool:
    """Whether the job in ``row`` fails because it did not start within its queue timeout.

    The wait of a retry does not count: what has begun once has begun in time.
    """
    return row.state in {JobState.SCHEDULED, JobState.QUEUED} and row.attempt == 0 and row.late
