"""What follows the question mark of the jobs' routes, and the bodies of their smaller requests."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from headrace_api.dialects.native.schemas.base import (
    Answer,
    Body,
    Cursor,
    Day,
    Flag,
    Limit,
    Moment,
    Query,
    Text,
    Whole,
    example,
)
from headrace_api.dialects.native.schemas.errors import ErrorBody
from headrace_api.dialects.native.schemas.job_body import PriorityWord
from headrace_contracts.jobs.state import JobState

MAX_BATCH = 1000


class JobListQuery(Query):
    status: list[JobState] = Field(default_factory=list, description="May stand several times")
    model: list[Text] = Field(default_factory=list, description="May stand several times")
    limit: Limit = 20
    cursor: Cursor = None


class HistoryQuery(Query):
    since: Day = Field(alias="from", description="First day (UTC), inclusive")
    until: Day = Field(alias="to", description="Last day (UTC), inclusive")
    limit: Limit = 100
    cursor: Cursor = None


class DownloadQuery(Query):
    redirect: Flag = Field(default=False, description="Answer with a redirect to a presigned URL")
    file: Text | None = Field(
        default=None, max_length=300, description="Name of one of `extra_files`; the main file when absent"
    )


class LogsQuery(Query):
    stream: Literal["stdout", "stderr"] | None = None
    after: Annotated[Whole, Field(ge=-1, le=2_000_000_000)] = Field(
        default=-1, description="Pieces with greater numbers only"
    )
    limit: Annotated[Whole, Field(ge=1, le=1000)] = 100


class ScheduleBody(Body):
    """What is absent stays; null takes a time away."""

    model_config = example({"run_at": None})

    run_at: Moment | None = Field(default=None, description="Of a job that has not begun")
    publish_at: Moment | None = Field(
        default=None, description="Of a job with destinations that has not ended"
    )


class PriorityBody(Body):
    """The class in which a job goes on waiting; how old it is counts from its submit there, too."""

    model_config = example({"priority": "high"})

    priority: PriorityWord | Annotated[int, Field(ge=0, le=3)] = Field(
        description="A word, or 0 (low) to 3 (urgent)"
    )


class BatchBody(Body):
    """Up to 1,000 jobs. Each is judged by itself, as the body of `POST /v1/jobs`."""

    model_config = example(
        {"jobs": [{"model": "text-generation", "input": "One"}, {"model": "text-to-speech", "input": "Two"}]}
    )

    jobs: list[dict[str, Any]] = Field(min_length=1, max_length=MAX_BATCH)


class BatchItem(Answer):
    """What became of one job of a batch: an id, or an error."""

    index: int
    job_id: str | None
    status: str | None
    error: ErrorBody | None


class Batch(Answer):
    submitted: int
    failed: int
    jobs: list[BatchItem]
