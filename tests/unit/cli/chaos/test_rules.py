"""Each rule of the checker finds what it is for, in a ledger that is broken in that one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from tests.support.chaos_ledger import (
    ACCOUNT,
    CANCELLED,
    CRASH,
    FAIL,
    FILE,
    FILM,
    LATER,
    NOOP,
    PRINT,
    START,
    TEXT,
    delivery_id,
    good,
    job_id,
    with_job,
    with_record,
)

from headrace.chaos.checker.check import check
from headrace.chaos.checker.evidence import Evidence
from headrace.chaos.notes.entries import Answered, Done, Heard, Ran
from headrace.chaos.record.rows import AttemptRow, LedgerRow, Move


def test_a_ledger_in_which_all_was_kept_is_found_good() -> None:
    assert check(good()) == ()


def _without_job(evidence: Evidence, n: int) -> Evidence:
    return with_record(evidence, jobs=tuple(job for job in evidence.record.jobs if job.n != n))


def _job_twice(evidence: Evidence) -> Evidence:
    other = replace(evidence.jobs[job_id(NOOP)], id=UUID(int=77))
    return with_record(evidence, jobs=(*evidence.record.jobs, other))


def _moved(
    evidence: Evidence, one: str, two: str, *, fences: tuple[int, int] = (9 << 20, 9 << 20)
) -> Evidence:
    move = Move(
        job_id=job_id(TEXT), at=START, from_state=one, to_state=two, from_fence=fences[0], to_fence=fences[1]
    )
    return with_record(evidence, moves=(*evidence.record.moves, move))


def _ran(evidence: Evidence, n: int, number: int) -> Evidence:
    run = Ran(what="start", n=n, job_id=str(job_id(n)), attempt=number, agent="a", pid=1, at=START + 7)
    return replace(evidence, runs=[*evidence.runs, run])


def _heard(evidence: Evidence, n: int, **changes: object) -> Evidence:
    heard = [
        Heard(**{**{name: getattr(each, name) for name in Heard.__struct_fields__}, **changes})
        if each.webhook_id == str(delivery_id(n))
        else each
        for each in evidence.heard
    ]
    return replace(evidence, heard=heard)


def _delivery(evidence: Evidence, n: int, **changes: Any) -> Evidence:
    rows = tuple(
        replace(row, **changes) if row.job_id == job_id(n) else row for row in evidence.record.deliveries
    )
    return with_record(evidence, deliveries=rows)


def _paid(evidence: Evidence, kind: str, amount: int, n: int, *, house: int | None = None) -> Evidence:
    sides = ((ACCOUNT, amount), (None, -amount if house is None else house))
    rows = tuple(
        LedgerRow(move_id=UUID(int=5000), account_id=whose, amount=sum_, kind=kind, job_id=job_id(n))
        for whose, sum_ in sides
    )
    wallet = evidence.record.wallets[ACCOUNT] + amount
    return with_record(evidence, ledger=(*evidence.record.ledger, *rows), wallets={ACCOUNT: wallet})


BROKEN: dict[str, tuple[str, Callable[[Evidence], Evidence]]] = {
    "an accepted job is not there": ("lost", lambda e: _without_job(e, NOOP)),
    "an accepted job is another one": (
        "lost",
        lambda e: replace(
            e, answers=[*e.answers, Answered(n=TEXT, at=START, status=201, job_id=str(job_id(NOOP)))]
        ),
    ),
    "one request made two jobs": ("doubled", _job_twice),
    "one key made two jobs": (
        "doubled",
        lambda e: with_record(e, keys={**e.record.keys, "chaos-1": (job_id(1), job_id(2))}),
    ),
    "a job that nobody asked for": (
        "foreign",
        lambda e: replace(e, asked=[each for each in e.asked if each.ask.n != NOOP]),
    ),
    "a good request was refused": (
        "refused",
        lambda e: replace(e, answers=[*e.answers, Answered(n=NOOP, at=START, status=500)]),
    ),
    "a job never ended": ("unfinished", lambda e: with_job(e, NOOP, state="running")),
    "a job waits though its time has come": (
        "unfinished",
        lambda e: with_job(e, NOOP, state="queued", run_at=START + 99),
    ),
    "another result": ("wrong", lambda e: with_job(e, TEXT, result="0" * 64)),
    "no result": ("wrong", lambda e: with_job(e, NOOP, result=None)),
    "another result file": ("wrong", lambda e: with_job(e, FILE, file="0" * 64)),
    "what was to fail completed": ("wrong", lambda e: with_job(e, FAIL, state="completed")),
    "what was to crash did not": ("wrong", lambda e: with_job(e, CRASH, attempt=1)),
    "failed without a reason of its own": (
        "wrong",
        lambda e: with_job(e, TEXT, state="failed", failure_code="handler", failure_reason="a mistake"),
    ),
    "given up before all attempts were used": (
        "wrong",
        lambda e: with_job(e, TEXT, state="failed", failure_code="lost", attempt=2),
    ),
    "a line of another job": (
        "garbled",
        lambda e: with_record(e, output={job_id(PRINT): f"job {PRINT} line 0\njob 99 line 1\n"}),
    ),
    "a line twice": (
        "garbled",
        lambda e: with_record(e, output={job_id(PRINT): f"job {PRINT} line 0\njob {PRINT} line 0\n"}),
    ),
    "an outcome was recorded twice": ("twice", lambda e: _moved(e, "running", "completed")),
    "a final state was left": ("twice", lambda e: _moved(e, "completed", "queued")),
    "a stale attempt got its way": ("stale", lambda e: _moved(e, "queued", "running", fences=(9, 8))),
    "a confirmed cancel did not hold": ("uncancelled", lambda e: with_job(e, CANCELLED, state="completed")),
    "cancelled by nobody": ("uncancelled", lambda e: replace(e, cancels=[])),
    "ran before its time": (
        "early",
        lambda e: replace(
            e,
            runs=[
                Ran(what=r.what, n=r.n, job_id=r.job_id, attempt=r.attempt, agent="a", pid=1, at=START + 1)
                if r.n == LATER
                else r
                for r in e.runs
            ],
        ),
    ),
    "an attempt that the record does not know": ("unrecorded", lambda e: _ran(e, TEXT, 2)),
    "one attempt ran twice": ("unrecorded", lambda e: _ran(e, TEXT, 1)),
    "a run of a job that is not there": ("unrecorded", lambda e: _without_job(e, TEXT)),
    "an attempt that is missing in the record": ("unrecorded", lambda e: with_record(e, attempts=())),
    "completed and never run": (
        "unrun",
        lambda e: replace(e, runs=[run for run in e.runs if run.n != TEXT]),
    ),
    "a webhook was not delivered": ("webhook", lambda e: _delivery(e, TEXT, state="pending")),
    "a webhook of another outcome": ("webhook", lambda e: _delivery(e, TEXT, event="job.failed")),
    "two events for one outcome": (
        "webhook",
        lambda e: with_record(
            e,
            deliveries=(*e.record.deliveries, replace(e.record.deliveries[0], id=UUID(int=55))),
        ),
    ),
    "a webhook that never came": (
        "webhook",
        lambda e: replace(e, heard=[each for each in e.heard if each.webhook_id != str(delivery_id(TEXT))]),
    ),
    "a webhook that was answered with 500 only": ("webhook", lambda e: _heard(e, TEXT, answer=500)),
    "a webhook with a wrong signature": ("webhook", lambda e: _heard(e, TEXT, genuine=False)),
    "a webhook of no delivery": ("webhook", lambda e: _heard(e, TEXT, webhook_id="another")),
    "a webhook that names another job": ("webhook", lambda e: _heard(e, TEXT, ids=[job_id(NOOP).hex])),
    "a move of credits that does not sum to zero": (
        "credits",
        lambda e: _paid(e, "charge", -1, FILM, house=2),
    ),
    "a wallet that is not its moves": ("credits", lambda e: with_record(e, wallets={ACCOUNT: 98})),
    "charged twice": ("credits", lambda e: _paid(e, "charge", -1, FILM)),
    "not charged": (
        "credits",
        lambda e: with_record(
            e,
            ledger=tuple(row for row in e.record.ledger if row.kind != "charge"),
            wallets={ACCOUNT: 100},
        ),
    ),
    "refunded though it completed": ("credits", lambda e: _paid(e, "refund", 1, FILM)),
    "not refunded though it failed": (
        "credits",
        lambda e: with_job(e, FILM, state="failed", failure_code="lost", attempt=3),
    ),
    "charged for a job that is not there": ("credits", lambda e: _paid(e, "charge", -1, 4711)),
    "a file that the record names is gone": (
        "missing file",
        lambda e: with_record(e, blobs=e.record.blobs - {"results/3/loud.csv"}),
    ),
    "a result was not exported": (
        "missing file",
        lambda e: with_record(e, exports={job_id(TEXT): "failed"}),
    ),
    "a file that nothing names": (
        "orphan",
        lambda e: with_record(e, blobs=e.record.blobs | {"uploads/8/left.csv"}),
    ),
    "a fault that could not be done": (
        "fault",
        lambda e: replace(
            e, faults=[Done(number=1, kind="s3-away", target="s3", began=1, ended=2, problem="no S3")]
        ),
    ),
    "a process that did not come back": ("down", lambda e: replace(e, down=["api is not ready after 60 s"])),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_ledger_is_found_out(name: str) -> None:
    rule, broken = BROKEN[name]
    assert rule in {each.rule for each in check(broken(good()))}


def test_a_job_whose_attempts_all_met_a_fault_may_fail() -> None:
    attempts = tuple(
        AttemptRow(job_id=job_id(TEXT), number=number, fence=number, outcome="lost") for number in (1, 2)
    )
    evidence = with_job(good(), TEXT, state="failed", failure_code="lost", attempt=3)
    evidence = with_record(evidence, attempts=(*evidence.record.attempts, *attempts))
    assert {each.rule for each in check(_delivery(evidence, TEXT, event="job.failed"))} == set()


def test_a_job_whose_time_has_not_come_may_wait() -> None:
    evidence = with_job(good(), LATER, state="scheduled", run_at=START + 1000)
    evidence = with_record(
        evidence, deliveries=tuple(row for row in evidence.record.deliveries if row.job_id != job_id(LATER))
    )
    heard = [each for each in evidence.heard if each.webhook_id != str(delivery_id(LATER))]
    assert check(replace(evidence, heard=heard)) == ()


def test_a_number_that_was_handed_back_may_be_used_again() -> None:
    row = AttemptRow(job_id=job_id(TEXT), number=1, fence=5, outcome="handed_back")
    evidence = _ran(good(), TEXT, 1)
    assert check(with_record(evidence, attempts=(*evidence.record.attempts, row))) == ()
