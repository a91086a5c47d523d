"""What becomes of an attempt, decided from the job's locked row. Pure: rows and tokens in, a decision out."""

from __future__ import annotations

from enum import Enum, auto

from headrace_contracts.jobs.state import FINAL, HELD, JobState
from headrace_dispatcher.recorder.outcome import Outcome
from headrace_dispatcher.store.rows import HeldRow


class StartDecision(Enum):
    """What to do with a wish to start that the common case did not cover."""

    #: Start it: nobody holds it, and it has attempts left.
    GO = auto()
    #: The same instance asks again for what it already has: say yes again.
    ALREADY_OURS = auto()
    #: An older attempt holds it, whose lease has lapsed: it is lost, the new one goes ahead.
    SUPERSEDE = auto()
    #: It would be one attempt too many.
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
    if row.attempt >= row.max_attempts:
        return StartDecision.EXHAUSTED
    return StartDecision.SUPERSEDE if row.state in HELD else StartDecision.GO


class OutcomeDecision(Enum):
    """What to do with an outcome that the common case did not cover."""

    #: It comes from an attempt that is not the current one: it changes nothing.
    STALE = auto()
    #: The current attempt failed for a reason of the machine, and there are attempts left.
    RETRY = auto()
    #: Write it as it is.
    FINISH = auto()
    #: A newer attempt ended before its start was recorded: the older one is lost, then write it.
    SUPERSEDE = auto()


def decide_outcome(row: HeldRow, outcome: Outcome) -> OutcomeDecision:
    """What ``outcome`` does to the job in ``row``."""
    if row.state in FINAL or row.state not in HELD | {JobState.QUEUED} or row.fence > outcome.fence:
        return OutcomeDecision.STALE
    if row.state is JobState.QUEUED and row.fence == outcome.fence:
        return OutcomeDecision.STALE  # the attempt was given up; a later one will bring the outcome
    if row.state in HELD and row.fence < outcome.fence:
        return OutcomeDecision.SUPERSEDE
    counted = row.attempt + (1 if row.fence < outcome.fence else 0)
    if outcome.retryable and counted < row.max_attempts:
        return OutcomeDecision.RETRY
    return OutcomeDecision.FINISH


class LossDecision(Enum):
    """What to do about an attempt whose agent is gone or whose lease has lapsed."""

    #: It is not the current attempt any more.
    NOTHING = auto()
    REQUEUE = auto()
    EXHAUSTED = auto()


def decide_loss(row: HeldRow, fence: int) -> LossDecision:
    """What the loss of the attempt with ``fence`` does to the job in ``row``."""
    if row.state not in HELD or row.fence != fence:
        return LossDecision.NOTHING
    return LossDecision.EXHAUSTED if row.attempt >= row.max_attempts else LossDecision.REQUEUE


#: Wait before the n-th new attempt after a crash, in seconds: a machine that is short of memory needs a moment.
RETRY_BACKOFF_S: tuple[float, ...] = (1.0, 5.0, 15.0, 60.0)


def retry_delay_s(attempt: int) -> float:
    """How long to wait after attempt number ``attempt`` (from 1) failed."""
    return RETRY_BACKOFF_S[min(max(attempt, 1), len(RETRY_BACKOFF_S)) - 1]
