"""A job as every reader sees it: the superset of what the dialects show (DESIGN «Dialects»)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from headrace_contracts.jobs.lane import Lane
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.jobs.state import FINAL, HELD, JobState
from headrace_contracts.messages.events import FileRef
from headrace_contracts.messages.work import InputRef


@dataclass(frozen=True, kw_only=True, slots=True)
class JobView:
    """One job without its payload and result; those may be large and few readers want them (``JobDocument``)."""

    id: UUID
    account_id: UUID
    dialect: str
    model: str
    platform: str
    pool: str
    #: The class that was asked for.
    priority: Priority
    state: JobState
    created_at: datetime
    #: Not before this time; None = as soon as possible.
    run_at: datetime | None = None
    timeout_s: float = 0
    max_attempts: int = 0
    input: InputRef | None = None
    webhook_url: str | None = None
    #: True: the JSON result is exported as ``results/<id>/result.json``.
    export: bool = False
    #: W3C traceparent of the request that made the job.
    trace: str | None = None

    #: Number of the current or last attempt, 0 before the first.
    attempt: int = 0
    agent: str | None = None
    started_at: datetime | None = None
    #: 0..100
    progress: float | None = None
    progress_message: str | None = None

    finished_at: datetime | None = None
    #: Where a JSON result that is too large for the record lies.
    result_ref: str | None = None
    file: FileRef | None = None
    failure_code: str | None = None
    failure_reason: str | None = None

    #: True: once done it waits for an approval.
    staging: bool = False
    approved_at: datetime | None = None
    #: True: it ends when its publications have.
    publishes: bool = False
    #: Not published before this time.
    publish_at: datetime | None = None
    #: Taken from the account when it was stored.
    credits: int = 0
    template_id: UUID | None = None
    #: The final job that this one repeats.
    retry_of: UUID | None = None
    exit_code: int | None = None
    #: Result files beside ``file``.
    extra_files: tuple[FileRef, ...] = ()
    #: The class to which its age has lifted it, in which it waits now; None = the one that was asked for.
    aged_priority: Priority | None = None
    #: JSON text of its retry policy (``jobs.retry``); None = the model's.
    retry: str | None = None
    #: How long it may wait for its first start, in seconds, and until when that is; None = for ever.
    queue_timeout_s: float | None = None
    start_by: datetime | None = None

    @property
    def lane(self) -> Lane:
        """Where it waits."""
        return Lane(
            self.platform, self.pool, self.priority if self.aged_priority is None else self.aged_priority
        )

    @property
    def final(self) -> bool:
        return self.state in FINAL

    @property
    def held(self) -> bool:
        """An agent has it."""
        return self.state in HELD

    @property
    def awaits_approval(self) -> bool:
        return self.state is JobState.STAGED and self.approved_at is None

    @property
    def publishing(self) -> bool:
        """Its work is done, and its publications are under way or wait for their time."""
        return self.state is JobState.STAGED and self.approved_at is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class JobDocument:
    """A job with its bodies, each as the JSON text that is stored."""

    job: JobView
    payload: bytes
    #: None: no JSON result, or it lies at ``job.result_ref``.
    result: bytes | None = None
    meta: bytes | None = None
