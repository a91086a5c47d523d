"""What was accepted is there, once, and nothing else is (promise 1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

from headrace.chaos.checker.evidence import Evidence, Violation

#: Answers that a client of good will may get: taken, not now, or nothing at all.
_FINE = frozenset({0, 200, 201, 202, 429, 502, 503, 504})


def lost(evidence: Evidence) -> Iterator[Violation]:
    """A job that was answered with 201 is in the record, as the job that was asked for."""
    for answer in evidence.answers:
        if answer.job_id is None:
            continue
        job = evidence.jobs.get(UUID(answer.job_id))
        if job is None:
            yield Violation(
                rule="lost", subject=answer.job_id, text=f"job {answer.n} was accepted and is not there"
            )
        elif job.n != answer.n:
            yield Violation(
                rule="lost", subject=answer.job_id, text=f"was given for job {answer.n} and is job {job.n}"
            )


def doubled(evidence: Evidence) -> Iterator[Violation]:
    """One request, with or without an Idempotency-Key, repeated or not, makes one job."""
    by_n: defaultdict[int, list[UUID]] = defaultdict(list)
    for job in evidence.record.jobs:
        if job.n is not None:
            by_n[job.n].append(job.id)
    for n, ids in by_n.items():
        if len(ids) > 1:
            yield Violation(
                rule="doubled", subject=f"job {n}", text=f"is there {len(ids)} times: {_shown(ids)}"
            )
    for key, made in evidence.record.keys.items():
        if len(made) != 1:
            yield Violation(rule="doubled", subject=key, text=f"this key made {len(made)} jobs")


def foreign(evidence: Evidence) -> Iterator[Violation]:
    """No job is there that nobody asked for."""
    for job in evidence.record.jobs:
        if job.n not in evidence.asked_by_n:
            yield Violation(rule="foreign", subject=str(job.id), text="nobody asked for this job")


def refused(evidence: Evidence) -> Iterator[Violation]:
    """All that is asked for is valid: it is never refused for good, nor answered with 500."""
    for answer in evidence.answers:
        if answer.status not in _FINE:
            yield Violation(
                rule="refused", subject=f"job {answer.n}", text=f"got {answer.status}: {answer.text[:200]}"
            )


def _shown(ids: list[UUID]) -> str:
    return ", ".join(str(each) for each in ids)
