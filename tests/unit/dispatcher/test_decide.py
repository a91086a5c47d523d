"""The decisions on locked rows, as tables."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from headrace_contracts.ids import new_id
from headrace_contracts.jobs.state import FINAL, JobState
from headrace_contracts.messages.events import FailureCode
from headrace_dispatcher.recorder.decide import (
    LossDecision,
    OutcomeDecision,
    StartDecision,
    decide_loss,
    decide_outcome,
    decide_start,
    retry_delay_s,
)
from headrace_dispatcher.recorder.outcome import Outcome
from headrace_dispatcher.store.rows import HeldRow

NOW = datetime(2026, 1, 1, tzinfo=UTC)
S = JobState


def held(state: JobState, *, fence: int = 5, attempt: int = 1, most: int = 3, instance: str = "a") -> HeldRow:
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
        claim_hash=None,
        released=True,
        platform="any",
        due=True,
    )


def ended(fence: int, code: FailureCode | None = None) -> Outcome:
    return Outcome(
        id=new_id(),
        fence=fence,
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
        (held(S.RUNNING, attempt=3), ended(5, FailureCode.CRASH), OutcomeDecision.FINISH),
        (held(S.QUEUED, attempt=2), ended(6, FailureCode.CRASH), OutcomeDecision.FINISH),
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


def test_the_back_off_grows_and_stays() -> None:
    delays = [retry_delay_s(attempt) for attempt in range(8)]
    assert delays == sorted(delays)
    assert delays[-1] == delays[-2]
