"""What the native API answers, as far as the client looks into it. Fields that it does not know are passed over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

FINAL = frozenset({"completed", "failed", "cancelled"})


class WaitingReason(msgspec.Struct, frozen=True, kw_only=True):
    """Why a job does not run yet: a code for programs and a sentence for people."""

    code: str
    message: str


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    code: str | None = None
    reason: str | None = None


class ResultFile(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    mime: str
    size: int


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """One destination of a job, and how far it is."""

    destination: str
    status: str
    url: str | None = None
    error: str | None = None


class Submitted(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a submit."""

    job_id: str
    status: str = "queued"
    #: In USD; None while nothing is known of such jobs.
    estimated_cost: float | None = None
    estimated_time_seconds: float | None = None


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job as it stands."""

    job_id: str
    status: str
    model: str
    #: 0..100
    progress: float | None = None
    progress_message: str | None = None
    priority: str = "normal"
    attempt: int = 0
    #: The agent that runs it.
    miner_id: str | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    #: The JSON result of a completed job.
    result: Any = None
    result_file: ResultFile | None = None
    waiting_reason: WaitingReason | None = None
    failure: Failure | None = None
    exit_code: int | None = None
    publications: list[Publication] = msgspec.field(default_factory=list)

    @property
    def final(self) -> bool:
        """It has ended."""
        return self.status in FINAL


class JobPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a list; ``next_cursor`` asks for the following one."""

    jobs: list[Job]
    total: int | None = None
    has_more: bool = False
    next_cursor: str | None = None


class BatchItem(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one job of a batch."""

    index: int
    job_id: str | None = None
    status: str | None = None
    error: dict[str, Any] | None = None


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    submitted: int
    failed: int
    jobs: list[BatchItem]


class FileSlot(msgspec.Struct, frozen=True, kw_only=True):
    """A place for a file that is to be uploaded."""

    file_id: str
    upload_url: str
    headers: dict[str, str] = msgspec.field(default_factory=dict)


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a job's output."""

    seq: int
    stream: str
    text: str


class Logs(msgspec.Struct, frozen=True, kw_only=True):
    lines: list[LogLine]
    has_more: bool = False
