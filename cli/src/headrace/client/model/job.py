"""Jobs: as they were taken in, as they stand, and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

FINAL = frozenset({"completed", "failed", "cancelled"})


class NearMiss(msgspec.Struct, frozen=True, kw_only=True):
    """An agent that is online and does not take the job: with what it lacks, the sentence's end."""

    agent: str
    lacks: str = ""


class WaitingReason(msgspec.Struct, frozen=True, kw_only=True):
    """Why a job does not run: a code for programs, a sentence for people, and what belongs to the code."""

    code: str
    message: str
    #: ``platform/pool/priority``.
    lane: str | None = None
    near_misses: list[NearMiss] = msgspec.field(default_factory=list)
    #: 1 = the next; None in a list of jobs.
    position: int | None = None
    #: Until it runs.
    estimated_seconds: float | None = None
    #: Not before this time.
    until: datetime | None = None
    #: Jobs that the account may have in motion, and that are.
    limit: int | None = None
    in_motion: int | None = None


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    code: str | None = None
    reason: str | None = None


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """After which failures a job is tried again, how often, and how long it waits in between."""

    max_attempts: int = 3
    #: Wait before the second attempt; each further wait is ``factor`` times as long, up to ``longest_s``.
    backoff_s: float = 0.0
    factor: float = 1.0
    longest_s: float = 0.0
    #: A wait is shortened at random by up to this share (0..1).
    jitter: float = 0.0
    #: Failure codes.
    retry_on: list[str] = msgspec.field(default_factory=list)


class StoredFile(msgspec.Struct, frozen=True, kw_only=True):
    """An input or result file; ``size`` in bytes."""

    name: str
    mime: str
    size: int


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """One destination of a job, and how far it is."""

    destination: str
    status: str
    platform: str = ""
    url: str | None = None
    error: str | None = None
    attempts: int = 0
    next_attempt_at: datetime | None = None
    finished_at: datetime | None = None


class Submitted(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a submit."""

    job_id: str
    status: str = "queued"
    #: In USD; None while nothing is known of such jobs.
    estimated_cost: float | None = None
    #: How long such jobs ran lately.
    estimated_time_seconds: float | None = None
    model: str = ""
    priority: str = "normal"
    platform: str = "any"
    pool: str = ""
    created_at: datetime | None = None
    #: The job that this one repeats.
    retry_of: str | None = None


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job as it stands. In a list the fields from ``result`` on are not filled in."""

    job_id: str
    status: str
    model: str
    #: 0..100
    progress: float | None = None
    #: The agent that runs it, or ran it last.
    miner_id: str | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    #: When it ended, whatever the end.
    completed_at: datetime | None = None
    priority: str = "normal"
    platform: str = "any"
    pool: str = ""
    attempt: int = 0
    failure: Failure | None = None
    exit_code: int | None = None
    retry_of: str | None = None
    run_at: datetime | None = None
    publish_at: datetime | None = None
    #: Of a job that neither runs nor has ended.
    waiting_reason: WaitingReason | None = None
    #: The JSON result of a completed job, up to 64 KiB; ``download`` gives a larger one.
    result: Any = None
    progress_message: str | None = None
    max_attempts: int | None = None
    timeout_seconds: float | None = None
    retry: Retry | None = None
    #: Longest wait for its first start, and until when that is; None: any.
    queue_timeout_s: float | None = None
    start_by: datetime | None = None
    #: How long until its run begins, of a queued job that somebody serves; None: not known.
    estimated_wait_seconds: float | None = None
    input_file: StoredFile | None = None
    result_file: StoredFile | None = None
    extra_files: list[StoredFile] = msgspec.field(default_factory=list)
    download_url: str | None = None
    staging: bool = False
    awaits_approval: bool = False
    approved_at: datetime | None = None
    publications: list[Publication] = msgspec.field(default_factory=list)
    template_id: str | None = None
    webhook_url: str | None = None

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


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why one job of a batch was not taken."""

    code: str
    message: str
    details: Any = None


class BatchItem(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one job of a batch."""

    index: int
    job_id: str | None = None
    status: str | None = None
    error: Refusal | None = None


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    submitted: int
    failed: int
    jobs: list[BatchItem]
