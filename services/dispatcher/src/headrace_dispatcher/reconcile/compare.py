"""The invariant: every job that is not final is in exactly one place, unreleased in the record or one message in
WORK. Pure: what is in both places goes in, what to repair comes out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from headrace_contracts.ids import parse_id
from headrace_contracts.jobs.lane import lane_of_subject
from headrace_contracts.jobs.state import JobState
from headrace_dispatcher.store.rows import InMotion


@dataclass(frozen=True, kw_only=True, slots=True)
class Differences:
    """What stands against the invariant at one moment; some of it is only on its way."""

    #: Released and queued, but no message: (job, epoch).
    missing: frozenset[tuple[UUID, int]] = field(default_factory=frozenset)
    #: Held by a JetStream agent, but no message: (job, fence). Its outcome is on the way, or was lost with EVENTS.
    unspoken: frozenset[tuple[UUID, int]] = field(default_factory=frozenset)
    #: Subjects in WORK whose job is not in motion.
    leftover: frozenset[str] = field(default_factory=frozenset)

    def __and__(self, other: Differences) -> Differences:
        return Differences(
            missing=self.missing & other.missing,
            unspoken=self.unspoken & other.unspoken,
            leftover=self.leftover & other.leftover,
        )

    def __bool__(self) -> bool:
        return bool(self.missing or self.unspoken or self.leftover)


def compare(in_record: Sequence[InMotion], in_work: Collection[str]) -> Differences:
    """Hold the record's jobs in motion against the subjects of WORK."""
    expected = {job.lane.subject(job.id) for job in in_record}
    missing = {
        (job.id, job.epoch)
        for job in in_record
        if job.state is JobState.QUEUED and job.lane.subject(job.id) not in in_work
    }
    unspoken = {
        (job.id, job.fence)
        for job in in_record
        if job.instance is not None and job.lane.subject(job.id) not in in_work
    }
    leftover = {subject for subject in in_work if subject not in expected and _is_job(subject)}
    return Differences(missing=frozenset(missing), unspoken=frozenset(unspoken), leftover=frozenset(leftover))


def _is_job(subject: str) -> bool:
    try:
        return parse_id(lane_of_subject(subject)[1]) is not None
    except ValueError:
        return False
