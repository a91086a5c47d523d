"""Jobs that failed for good."""

from __future__ import annotations

from datetime import datetime

import msgspec

from headrace.client.model.job import Refusal
from headrace.client.model.outcome import Attempt


class DeadAttempt(Attempt, frozen=True, kw_only=True):
    """One run of the job."""

    #: The end of what it wrote.
    output_tail: str = ""


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """In a list ``runs`` is not filled in."""

    job_id: str
    account_id: str = ""
    model: str = ""
    pool: str = ""
    #: A failure code, or ``publish``.
    code: str | None = None
    reason: str | None = None
    attempts: int = 0
    failed_at: datetime | None = None
    #: ``replayed`` or ``discarded``; None: it is on the list.
    settled: str | None = None
    settled_at: datetime | None = None
    #: The job that repeats it.
    replayed_as: str | None = None
    runs: list[DeadAttempt] = msgspec.field(default_factory=list)


class DeadLetterPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the list; ``next_cursor`` asks for the following one."""

    dead_letters: list[DeadLetter]
    total: int = 0
    has_more: bool = False
    next_cursor: str | None = None


class ReplayedLetter(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one of several: a new job, or an error."""

    job_id: str
    replayed_as: str | None = None
    error: Refusal | None = None


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    replayed: int
    #: These are still on the list.
    failed: int
    remaining: int
    #: ``cursor`` of a replay that goes on behind these.
    next_cursor: str | None = None
    jobs: list[ReplayedLetter] = msgspec.field(default_factory=list)


class Discarded(msgspec.Struct, frozen=True, kw_only=True):
    discarded: int
    remaining: int
    job_ids: list[str] = msgspec.field(default_factory=list)
