"""What the rules look at: the notes of client, agents and receiver, and the record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from headrace.chaos.notes.book import NoteBooks, read_notes
from headrace.chaos.notes.entries import Answered, Asked, Called, Done, Heard, Ran
from headrace.chaos.record.rows import AttemptRow, JobRow, Snapshot


@dataclass(frozen=True, kw_only=True)
class Violation:
    """A promise that was not kept: which rule says so, of what, and how it shows."""

    rule: str
    subject: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything that was seen of one run."""

    record: Snapshot
    asked: Sequence[Asked] = ()
    answers: Sequence[Answered] = ()
    cancels: Sequence[Called] = ()
    runs: Sequence[Ran] = ()
    heard: Sequence[Heard] = ()
    faults: Sequence[Done] = ()
    #: What processes say that did not come back after the run.
    down: Sequence[str] = ()

    @cached_property
    def asked_by_n(self) -> Mapping[int, Asked]:
        return {each.ask.n: each for each in self.asked}

    @cached_property
    def jobs(self) -> Mapping[UUID, JobRow]:
        return {job.id: job for job in self.record.jobs}

    @cached_property
    def attempts_of(self) -> Mapping[UUID, Sequence[AttemptRow]]:
        """Without those that ended their jobs."""
        found: defaultdict[UUID, list[AttemptRow]] = defaultdict(list)
        for attempt in self.record.attempts:
            found[attempt.job_id].append(attempt)
        return found

    @cached_property
    def own_jobs(self) -> Sequence[tuple[JobRow, Asked]]:
        """The jobs of the record that the client asked for, with what it asked."""
        pairs = ((job, self.asked_by_n.get(job.n or 0)) for job in self.record.jobs)
        return [(job, asked) for job, asked in pairs if asked is not None]


def read_evidence(books: NoteBooks, record: Snapshot, *, down: Sequence[str] = ()) -> Evidence:
    """Raises ValueError for damaged notes."""
    return Evidence(
        record=record,
        asked=read_notes(books.asked, Asked),
        answers=read_notes(books.answers, Answered),
        cancels=read_notes(books.cancels, Called),
        runs=read_notes(books.runs, Ran),
        heard=read_notes(books.webhooks, Heard),
        faults=read_notes(books.faults, Done),
        down=down,
    )
