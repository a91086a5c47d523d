"""The decisions on locked rows, as tables."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from headrace_contracts.ids import new_id
from headrace_contracts.jobs.retry import RetryPolicy
from headrace_contracts.jobs.state import FINAL, JobState
from headrace_contracts.messages.events import FailureCode
from headrace_dispatcher.recorder.decide import (
    LossDecision,
    OutcomeDecision,
    StartDecision,
    decide_late,
    decide_loss,
    decide_outcome,
    decide_start,
)
from headrace_dispatcher.recorder.outcome import Outcome
from headrace_dispatcher.store.rows import HeldRow

NOW = datetime(2026, 1, 1, tzinfo=UTC)
S = JobState


HANDLER_TOO = RetryPolicy(max_attempts=3, retry_on=frozenset({FailureCode.HANDLER, FailureCode.TIMEOUT}))


def held(
    state: JobState,
    *,
    fence: int = 5,
    attempt: int = 1,
    most: int = 3,
    instance: str = "a",
    claim: bytes | None = None,
    retry: RetryPolicy | None = None,
    late: bool = False,
) -> HeldRow:
    return HeldRow(
        id=new_id(),
        account_id=new_id(),
        state=state,
        fence=fence,
        epoch=0,
        attempt=attempt,
        max_attempts=most,
        agent="a",
        instance=instance,
        claim_hash=claim,
        released=True,
        platform="any",
        due=True,
        model="text-generation",
        retry=None if retry is None else retry.text,
        late=late,
        queue_timeout_s=None,
    )


def ended(fence: int, code: FailureCode | None = None, *, claim: bytes | None = None) -> Outcome:
    return Outcome(
        id=new_id(),
        fence=fence,
        claim_hash=claim,
        state=S.FAILED if code else S.COMPLETED,
        agent="a",
        instance="a",
        started_at=NOW,
        finished_at=NOW,
        code=code,
    )


@pytest.mark.parametrize(
    ("row", "fence", "instance", "expected"),
    [
        (held(S.QUEUED), 6, "b", StartDecision.GO),
        (held(S.QUEUED), 5, "b", StartDecision.DROP),
        (held(S.QUEUED, attempt=3), 6, "b", StartDecision.EXHAUSTED),
        (held(S.RUNNING), 6, "b", StartDecision.SUPERSEDE),
        (held(S.CLAIMED), 6, "b", StartDecision.SUPERSEDE),
        (held(S.RUNNING, attempt=3), 6, "b", StartDecision.EXHAUSTED),
        # Its policy gives it to nobody else after its agent was lost.
        (held(S.RUNNING, retry=HANDLER_TOO), 6, "b", StartDecision.EXHAUSTED),
        (held(S.RUNNING), 4, "b", StartDecision.DROP),
        (held(S.RUNNING), 5, "a", StartDecision.ALREADY_OURS),
        (held(S.RUNNING), 5, "b", StartDecision.DROP),
        (held(S.RUNNING), 5, None, StartDecision.DROP),
        (held(S.SCHEDULED), 6, "b", StartDecision.DROP),
        (held(S.STAGED), 6, "b", StartDecision.DROP),
        *[(held(state), 6, "b", StartDecision.DROP) for state in FINAL],
    ],
)
def test_starts(row: HeldRow, fence: int, instance: str | None, expected: StartDecision) -> None:
    assert decide_start(row, fence, instance) is expected


@pytest.mark.parametrize(
    ("row", "outcome", "expected"),
    [
        (held(S.RUNNING), ended(5), OutcomeDecision.FINISH),
        (held(S.RUNNING), ended(4), OutcomeDecision.STALE),
        (held(S.RUNNING), ended(6), OutcomeDecision.SUPERSEDE),
        (held(S.QUEUED), ended(6), OutcomeDecision.FINISH),
        # The attempt was given up as lost; nobody else has begun, and still it is too late.
        (held(S.QUEUED), ended(5), OutcomeDecision.STALE),
        (held(S.SCHEDULED), ended(6), OutcomeDecision.STALE),
        (held(S.RUNNING), ended(5, FailureCode.HANDLER), OutcomeDecision.FINISH),
        (held(S.RUNNING), ended(5, FailureCode.TIMEOUT), OutcomeDecision.FINISH),
        (held(S.RUNNING), ended(5, FailureCode.CRASH), OutcomeDecision.RETRY),
        (held(S.RUNNING, attempt=3), ended(5, FailureCode.CRASH), OutcomeDecision.LAST),
        (held(S.QUEUED, attempt=2), ended(6, FailureCode.CRASH), OutcomeDecision.LAST),
        # As its policy says, and not as others do.
        (held(S.RUNNING, retry=HANDLER_TOO), ended(5, FailureCode.HANDLER), OutcomeDecision.RETRY),
        (held(S.RUNNING, retry=HANDLER_TOO), ended(5, FailureCode.TIMEOUT), OutcomeDecision.RETRY),
        (held(S.RUNNING, retry=HANDLER_TOO), ended(5, FailureCode.CRASH), OutcomeDecision.FINISH),
        (held(S.RUNNING, retry=HANDLER_TOO, attempt=3), ended(5, FailureCode.HANDLER), OutcomeDecision.LAST),
        (held(S.RUNNING, retry=HANDLER_TOO), ended(5), OutcomeDecision.FINISH),
        # Over REST it is the claim's token that counts.
        (held(S.RUNNING, claim=b"c"), ended(0, FailureCode.CRASH, claim=b"c"), OutcomeDecision.RETRY),
        (held(S.CLAIMED, claim=b"c"), ended(0, FailureCode.HANDLER, claim=b"c"), OutcomeDecision.FINISH),
        (held(S.RUNNING, claim=b"c"), ended(0, FailureCode.CRASH, claim=b"d"), OutcomeDecision.STALE),
        (held(S.RUNNING), ended(0, FailureCode.CRASH, claim=b"c"), OutcomeDecision.STALE),
        (held(S.QUEUED, claim=b"c"), ended(9, FailureCode.CRASH, claim=b"c"), OutcomeDecision.STALE),
        (held(S.QUEUED, attempt=1), ended(6, FailureCode.CRASH), OutcomeDecision.RETRY),
        *[(held(state), ended(5), OutcomeDecision.STALE) for state in FINAL],
    ],
)
def test_outcomes(row: HeldRow, outcome: Outcome, expected: OutcomeDecision) -> None:
    assert decide_outcome(row, outcome) is expected


@pytest.mark.parametrize(
    ("row", "fence", "expected"),
    [
        (held(S.RUNNING), 5, LossDecision.REQUEUE),
        (held(S.CLAIMED), 5, LossDecision.REQUEUE),
        (held(S.RUNNING, attempt=3), 5, LossDecision.EXHAUSTED),
        (held(S.RUNNING), 4, LossDecision.NOTHING),
        (held(S.RUNNING), 6, LossDecision.NOTHING),
        (held(S.QUEUED), 5, LossDecision.NOTHING),
        (held(S.COMPLETED), 5, LossDecision.NOTHING),
    ],
)
def test_losses(row: HeldRow, fence: int, expected: LossDecision) -> None:
    assert decide_loss(row, fence) is expected


def test_a_run_over_its_time_is_a_loss_with_a_code_of_its_own() -> None:
    assert decide_loss(held(S.RUNNING), 5, FailureCode.TIMEOUT) is LossDecision.EXHAUSTED
    again = held(S.RUNNING, retry=HANDLER_TOO)
    assert decide_loss(again, 5, FailureCode.TIMEOUT) is LossDecision.REQUEUE
    assert decide_loss(again, 5) is LossDecision.EXHAUSTED


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (held(S.QUEUED, attempt=0, late=True), True),
        (held(S.SCHEDULED, attempt=0, late=True), True),
        (held(S.QUEUED, attempt=0), False),
        # It has begun once: the wait of a retry does not count.
        (held(S.QUEUED, attempt=1, late=True), False),
        *[(held(state, attempt=0, late=True), False) for state in (*FINAL, S.CLAIMED, S.RUNNING, S.STAGED)],
    ],
)
def test_queue_timeouts(row: HeldRow, expected: bool) -> None:
    assert decide_late(row) is expected
