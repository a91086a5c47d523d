"""What the record names is in S3, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator

from headrace.chaos.checker.evidence import Evidence, Violation


def missing(evidence: Evidence) -> Iterator[Violation]:
    """Inputs, results and exports that the record names are there."""
    for job in evidence.record.jobs:
        for key in sorted(job.keys - evidence.record.blobs):
            yield Violation(rule="missing file", subject=key, text=f"job {job.n} names it")
        if job.state == "completed" and evidence.record.exports.get(job.id, "exported") != "exported":
            yield Violation(
                rule="missing file",
                subject=str(job.id),
                text=f"its export is {evidence.record.exports[job.id]}",
            )


def orphaned(evidence: Evidence) -> Iterator[Violation]:
    """After the sweep no file is left that nothing in the record names."""
    named = frozenset(key for job in evidence.record.jobs for key in job.keys)
    for key in sorted(evidence.record.blobs - named):
        yield Violation(rule="orphan", subject=key, text="nothing in the record names it")
