"""Each run is an attempt of the record (promise 2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from uuid import UUID

from headrace.chaos.checker.evidence import Evidence, Violation
from headrace.chaos.record.rows import JobRow


def unrecorded(evidence: Evidence) -> Iterator[Violation]:
    """As many runs as the agents noted for an attempt, so many attempts of this number does the record know at least.

    A number is used again when its attempt was handed back; each of them is in the record then.
    """
    begun = Counter((UUID(run.job_id), run.attempt) for run in evidence.runs if run.what == "start")
    for (job_id, number), runs in begun.items():
        job = evidence.jobs.get(job_id)
        if job is None:
            yield Violation(
                rule="unrecorded", subject=str(job_id), text=f"attempt {number} of a job that is not there"
            )
            continue
        known = _known(evidence, job, number)
        if runs > known:
            yield Violation(
                rule="unrecorded",
                subject=str(job_id),
                text=f"job {job.n} ran {runs} times as attempt {number}, the record knows {known}",
            )


def unrun(evidence: Evidence) -> Iterator[Violation]:
    """What completed through a handler was run to its end as the attempt that the record names."""
    ended = {(UUID(run.job_id), run.attempt) for run in evidence.runs if run.what == "end"}
    for job, asked in evidence.own_jobs:
        if asked.ask.work == "noop" or job.state != "completed":
            continue
        if (job.id, job.attempt) not in ended:
            yield Violation(
                rule="unrun",
                subject=str(job.id),
                text=f"job {job.n} completed as attempt {job.attempt}, which no agent ran to its end",
            )


def _known(evidence: Evidence, job: JobRow, number: int) -> int:
    earlier = [each for each in evidence.attempts_of.get(job.id, ()) if each.number == number]
    current = job.attempt == number and all(each.fence != job.fence for each in earlier)
    return len(earlier) + current
