"""The figures of the report, from a ledger that is made up, and the counting of log lines."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from tests.support.chaos_ledger import START, TEXT, good, job_id, with_record

from headrace.chaos.actions import count_lines, repairs
from headrace.chaos.figures import figures_of
from headrace.chaos.notes.entries import Answered, Done
from headrace.chaos.record.rows import Move


def test_jobs_are_counted_by_dialect_and_state() -> None:
    figures = figures_of(good(), rules=Counter(), orphans=3)
    assert figures.jobs == {
        "auraflux": {"completed": 1},
        "native": {"cancelled": 1, "completed": 4, "failed": 1},
        "radiance": {"completed": 2},
    }
    assert (figures.offered, figures.accepted, figures.unanswered, figures.orphans) == (9, 9, 0, 3)
    assert figures.attempts == {"crash": 1}
    assert figures.redeliveries == 0


def test_redeliveries_are_those_beyond_the_first_of_each_release() -> None:
    evidence = good()
    again = [_move(fence=(1 << 20) + 3), _move(fence=(4 << 20) + 2)]
    shut_out = _move(fence=(7 << 20) + (1 << 20) - 1)
    evidence = with_record(evidence, moves=(*evidence.record.moves, *again, shut_out))
    assert figures_of(evidence, rules=Counter(), orphans=0).redeliveries == 3


def test_recovery_counts_from_the_end_of_a_fault_to_the_first_job_that_was_asked_for_after_it() -> None:
    faults = [
        Done(number=1, kind="s3-away", target="s3", began=START - 9, ended=START - 4),
        Done(number=2, kind="kill-api", target="api", began=START, ended=START + 1),
    ]
    figures = figures_of(replace(good(), faults=faults), rules=Counter(), orphans=0)
    assert [each.seconds for each in figures.recoveries] == [14.0, None]
    assert figures.longest_recovery is not None
    assert figures.longest_recovery.kind == "s3-away"


def test_requests_without_an_answer_are_counted() -> None:
    evidence = good()
    answers = [*evidence.answers, Answered(n=TEXT, at=START, status=0)]
    assert figures_of(replace(evidence, answers=answers), rules=Counter(), orphans=0).unanswered == 1


def test_what_the_rules_found_is_shown_as_lost_and_doubled() -> None:
    figures = figures_of(good(), rules=Counter(lost=2, doubled=1, twice=1, stale=1), orphans=0)
    assert (figures.lost, figures.doubled) == (2, 3)


def test_repairs_are_counted_as_the_reconcile_says() -> None:
    lines = [
        '{"action":"reconcile.missing","count":3}',
        '{"action":"reconcile.put_off"}',
        '{"action":"agent.lost"}',
        "[1] a line of a server",
        '{"message":"without an action"}',
        "7",
    ]
    actions = count_lines(lines)
    assert actions == {"reconcile.missing": 3, "reconcile.put_off": 1, "agent.lost": 1}
    assert repairs(actions) == 3


def _move(*, fence: int) -> Move:
    return Move(
        job_id=job_id(TEXT), at=START, from_state="queued", to_state="running", from_fence=0, to_fence=fence
    )
