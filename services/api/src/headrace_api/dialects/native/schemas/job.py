"""A job as it stands (seed 004, «Get Job Status»)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from headrace_api.core.waiting import WaitingCode
from headrace_api.dialects.native.schemas.base import Answer, Json, Time, word
from headrace_api.dialects.native.schemas.job_body import PlatformShown, PriorityShown
from headrace_api.dialects.native.schemas.retry import Retry
from headrace_contracts.jobs.state import JobState


class NearMiss(Answer):
    """An agent that is online and does not take the job."""

    agent: str
    lacks: str = Field(description="The end of a sentence that begins with the agent's name")


class WaitingReason(Answer):
    """Why the job does not run: `code` and `message` always, of the rest what belongs to the code."""

    code: Annotated[str, word(*WaitingCode)]
    message: str = Field(description="A sentence for people")
    lane: str | None = Field(description="Where it waits: `platform/pool/priority`")
    near_misses: list[NearMiss] = Field(description="NO_AGENT_FOR_LANE: the nearest of who is online")
    position: int | None = Field(description="ALL_BUSY, STARTING: 1 is the next; null in a list of jobs")
    estimated_seconds: float | None = Field(description="Until it runs; null: not known")
    until: Time | None = Field(description="SCHEDULED, RETRY_BACKOFF, PUBLISHING: not before this time")
    limit: int | None = Field(description="QUOTA: jobs that the account may have in motion")
    in_motion: int | None = Field(
        description="QUOTA: jobs of the account that an agent has, or is about to have"
    )


class Failure(Answer):
    code: str | None
    reason: str | None


class StoredFile(Answer):
    """An input or result file."""

    name: str
    mime: str
    size: int


class Publication(Answer):
    """One destination of a job, and how far that is."""

    destination: str
    platform: str
    status: Annotated[str, word("held", "pending", "published", "failed", "cancelled")]
    url: str | None
    error: str | None
    attempts: int
    next_attempt_at: Time | None
    finished_at: Time | None


class JobSummary(Answer):
    """A job in a list."""

    job_id: str
    status: JobState
    model: str
    progress: int = Field(ge=0, le=100)
    miner_id: str | None = Field(description="The agent that runs it, or ran it last")
    created_at: Time
    started_at: Time | None
    completed_at: Time | None = Field(description="When it ended, whatever the end")
    priority: PriorityShown
    platform: PlatformShown
    pool: str
    attempt: int = Field(description="Number of the current or last attempt, 0 before the first")
    failure: Failure | None
    exit_code: int | None
    retry_of: str | None
    run_at: Time | None
    publish_at: Time | None
    waiting_reason: WaitingReason | None = Field(
        description="Why it does not run; null for a job that runs or has ended"
    )


class Job(JobSummary):
    """A job with all that is known of it; the fields of the published text, and ours."""

    result: Json = Field(description="The JSON result up to 64 KiB; null: none (yet), or larger, or a file")
    progress_message: str | None
    max_attempts: int
    timeout_seconds: float
    retry: Retry
    queue_timeout_s: float | None = Field(description="Longest wait for its first start; null: any")
    start_by: Time | None = Field(description="Until when it must have started; null: any time, or it has")
    estimated_wait_seconds: float | None = Field(
        description="Queued: until it runs, by what goes first and how long such jobs ran; null: not known"
    )
    input_file: StoredFile | None
    result_file: StoredFile | None
    extra_files: list[StoredFile]
    download_url: str | None = Field(description="Path of the result, once there is one")
    staging: bool
    awaits_approval: bool
    approved_at: Time | None
    publications: list[Publication]
    template_id: str | None
    webhook_url: str | None


class JobList(Answer):
    jobs: list[JobSummary]
    total: int = Field(description="Of all that the filters let through")
    has_more: bool
    next_cursor: str | None


class Cancelled(Answer):
    job_id: str
    status: Literal["cancelled"]
    cancelled_at: Time


class Attempt(Answer):
    """One run of the job by one agent."""

    number: int
    miner_id: str | None
    started_at: Time | None
    ended_at: Time | None
    outcome: str = Field(description="`running`, a state, a failure code, or `handed_back`")
    reason: str | None


class AttemptList(Answer):
    attempts: list[Attempt]


class LogLine(Answer):
    """A piece of what the job wrote."""

    seq: int
    stream: str
    text: str
    at: Time


class Logs(Answer):
    lines: list[LogLine]
    has_more: bool
    next_after: int = Field(description="`after` of the next request")
