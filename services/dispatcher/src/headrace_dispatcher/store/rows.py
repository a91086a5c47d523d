"""Rows of the record as the dispatcher reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from headrace_contracts.jobs.lane import Lane
from headrace_contracts.jobs.state import JobState


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
    state: JobState
    fence: int
    attempt: int
    max_attempts: int
    instance: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StartedRow:
    """An attempt that holds its job."""

    attempt: int
    input_key: str | None
    input_name: str | None
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
    """A job that an outcome has ended."""

    id: UUID
    lane: Lane
    exported: bool
    hooked: bool
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
    hooked: bool


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
