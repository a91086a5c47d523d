"""Rows of the record as the dispatcher reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from headrace_contracts.jobs.lane import Lane
from headrace_contracts.jobs.state import JobState
from headrace_contracts.messages.changes import Change


@dataclass(frozen=True, kw_only=True, slots=True)
class TakenJob:
    """A job that was just marked as released."""

    id: UUID
    epoch: int
    model: str
    #: JSON text.
    payload: str
    input_key: str | None
    input_mime: str | None
    input_name: str | None
    input_size: int | None
    created_at: datetime
    timeout_s: float
    attempt: int
    trace: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldRow:
    """A job's row, locked for a decision."""

    id: UUID
    account_id: UUID
    state: JobState
    fence: int
    #: The number of its last release.
    epoch: int
    attempt: int
    max_attempts: int
    agent: str | None
    instance: str | None
    claim_hash: bytes | None
    #: It is a message in WORK; False while it waits in the record, and while it is held by a claim that named it.
    released: bool
    platform: str
    #: Its time has come.
    due: bool
    model: str
    #: JSON text of its retry policy; None = the model's.
    retry: str | None
    #: The time is over by which it was to start.
    late: bool
    queue_timeout_s: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StartedRow:
    """An attempt that holds its job."""

    attempt: int
    input_key: str | None
    input_name: str | None
    lane: Lane
    #: None where it had started before.
    change: Change | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A job that was claimed."""

    attempt: int
    change: Change


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldByName:
    """A job that was claimed by its name, with all that a message of WORK would carry."""

    work: TakenJob
    fence: int
    lane: Lane
    change: Change


@dataclass(frozen=True, kw_only=True, slots=True)
class Requeued:
    """A job that waits again."""

    lane: Lane
    change: Change


@dataclass(frozen=True, kw_only=True, slots=True)
class Retimed:
    """A job that waits for another time now."""

    lane: Lane
    state: JobState
    #: The number of its last release.
    epoch: int
    change: Change


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """A job that waits in another lane now, or in the same one."""

    before: Lane
    lane: Lane


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """Who may report on a job."""

    id: UUID
    state: JobState
    fence: int
    claim_hash: bytes | None
    finished_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """A job whose run an outcome has ended; it is final, or staged."""

    id: UUID
    lane: Lane
    state: JobState
    change: Change
    #: There are webhooks or an export to relay (of this job or of another one of the batch).
    outgoing: bool
    #: The message of WORK to ack, when a REST agent held it.
    ack_subject: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """A job that was ended from outside: cancelled, expired, out of attempts or of time."""

    id: UUID
    lane: Lane
    state: JobState
    finished_at: datetime
    released: bool
    fence: int
    instance: str | None
    ack_subject: str | None
    outgoing: bool
    change: Change


@dataclass(frozen=True, kw_only=True, slots=True)
class InMotion:
    """A job that should be one message in WORK."""

    id: UUID
    lane: Lane
    state: JobState
    epoch: int
    fence: int
    #: The JetStream agent's run that holds it, None while it waits and for REST agents.
    instance: str | None
