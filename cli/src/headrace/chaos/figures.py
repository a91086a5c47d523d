"""The figures of a run: pure functions of its evidence."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from headrace.chaos.checker.evidence import Evidence
from headrace.chaos.checker.outcomes import is_worn_out

_DELIVERIES = (1 << 20) - 1
_SLOWEST = 10


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """How long after the end of a fault the first job that was submitted after it had completed."""

    number: int
    kind: str
    target: str
    lasted_s: float
    #: None: no job was submitted after it.
    seconds: float | None


class Slow(msgspec.Struct, frozen=True, kw_only=True):
    """A job that took long from the first request for it to its end."""

    job_id: str
    n: int
    work: str
    attempts: int
    asked_at: float
    seconds: float


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What the report shows beside violations."""

    offered: int
    accepted: int
    unanswered: int
    #: Dialect -> state -> jobs.
    jobs: dict[str, dict[str, int]]
    faults: dict[str, int]
    redeliveries: int
    #: Outcome of attempts that did not end their job -> how many.
    attempts: dict[str, int]
    #: Failed since all attempts met a fault; the record says so of each.
    worn_out: int
    lost: int
    doubled: int
    webhooks: int
    webhook_repeats: int
    orphans: int
    slowest_job_s: float
    slowest: list[Slow]
    longest_recovery: Recovery | None
    recoveries: list[Recovery]


def figures_of(evidence: Evidence, *, rules: Counter[str], orphans: int) -> Figures:
    """`rules`: violations by rule."""
    by_dialect: dict[str, Counter[str]] = {}
    for job in evidence.record.jobs:
        by_dialect.setdefault(job.dialect, Counter())[job.state] += 1
    recoveries = recoveries_of(evidence)
    known = [each for each in recoveries if each.seconds is not None]
    heard = Counter(each.webhook_id for each in evidence.heard)
    slowest = _slowest(evidence)
    return Figures(
        offered=len(evidence.asked),
        accepted=len({each.n for each in evidence.answers if each.job_id is not None}),
        unanswered=sum(1 for each in evidence.answers if each.status == 0),
        jobs={dialect: dict(sorted(states.items())) for dialect, states in sorted(by_dialect.items())},
        faults=dict(sorted(Counter(each.kind for each in evidence.faults).items())),
        redeliveries=_redeliveries(evidence),
        attempts=dict(sorted(Counter(each.outcome for each in evidence.record.attempts).items())),
        worn_out=sum(1 for job in evidence.record.jobs if is_worn_out(job)),
        lost=rules["lost"],
        doubled=rules["doubled"] + rules["twice"] + rules["stale"],
        webhooks=len(heard),
        webhook_repeats=heard.total() - len(heard),
        orphans=orphans,
        slowest_job_s=slowest[0].seconds if slowest else 0.0,
        slowest=slowest,
        longest_recovery=max(known, key=lambda each: each.seconds or 0.0, default=None),
        recoveries=recoveries,
    )


def recoveries_of(evidence: Evidence) -> list[Recovery]:
    """One for each fault, in their order."""
    done = sorted(
        (asked.at, job.finished_at)
        for job, asked in evidence.own_jobs
        if job.state == "completed" and job.finished_at is not None and asked.ask.run_in_s is None
    )
    found = []
    for fault in evidence.faults:
        after = [finished - fault.ended for at, finished in done if at >= fault.ended]
        found.append(
            Recovery(
                number=fault.number,
                kind=fault.kind,
                target=fault.target,
                lasted_s=round(fault.ended - fault.began, 2),
                seconds=round(min(after), 2) if after else None,
            )
        )
    return found


def _redeliveries(evidence: Evidence) -> int:
    """The fence holds the release and the deliveries of its message: all beyond the first of each release."""
    most: dict[tuple[Any, int], int] = {}
    for move in evidence.record.moves:
        release, deliveries = (move.job_id, move.to_fence >> 20), move.to_fence & _DELIVERIES
        if deliveries != _DELIVERIES:  # a cancel shuts all out with the greatest number
            most[release] = max(most.get(release, 0), deliveries)
    return sum(max(0, deliveries - 1) for deliveries in most.values())


def _slowest(evidence: Evidence) -> list[Slow]:
    """Those that took longest; the time until a scheduled one was to run does not count."""
    took = [
        Slow(
            job_id=str(job.id),
            n=asked.ask.n,
            work=asked.ask.work,
            attempts=job.attempt,
            asked_at=asked.at,
            seconds=round(job.finished_at - asked.at - (asked.ask.run_in_s or 0.0), 2),
        )
        for job, asked in evidence.own_jobs
        if job.finished_at is not None
    ]
    return sorted(took, key=lambda each: each.seconds, reverse=True)[:_SLOWEST]
