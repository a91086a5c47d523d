"""A job as a run sees it, whatever transport brought it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID


def now() -> datetime:
    """The wall clock, for what people read; leases are measured by a clock that can't be set."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class JobInput:
    """The input file of a job."""

    #: Where the transport finds it: a presigned URL, or a path of the API.
    source: str
    mime: str
    #: The client's file name; it has passed ``keys.safe_filename``.
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One attempt of one job."""

    id: UUID
    #: Of a REST claim, where the claim token fences, only a number that tells claims apart.
    fence: int
    #: The number of this attempt, from 1.
    attempt: int
    model: str
    #: JSON.
    payload: bytes
    input: JobInput | None
    timeout_s: float
    created_at: datetime
    #: ``platform/pool/priority``, for traces and logs.
    lane: str = ""
    #: W3C traceparent of the request that made the job.
    trace: str | None = None
