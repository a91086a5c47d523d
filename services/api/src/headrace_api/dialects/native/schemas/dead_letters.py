"""Jobs that failed for good."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from headrace_api.dialects.native.schemas.base import (
    Answer,
    Body,
    Cursor,
    Flag,
    Limit,
    Moment,
    Query,
    Text,
    Time,
    example,
    word,
)
from headrace_api.dialects.native.schemas.errors import ErrorBody
from headrace_api.dialects.native.schemas.job import Attempt

MOST_AT_ONCE = 500
_Name = Annotated[Text, Field(min_length=1, max_length=100)]
_ALL = "Of all accounts: for operators"


class WhoseQuery(Query):
    all_accounts: Flag = Field(default=False, description=_ALL)


class DeadLetterQuery(WhoseQuery):
    model: _Name | None = None
    code: _Name | None = Field(default=None, description="A failure code, such as `crash`")
    pool: _Name | None = None
    failed_from: Moment | None = Field(default=None, description="Inclusive")
    failed_to: Moment | None = Field(default=None, description="Exclusive")
    limit: Limit = 20
    cursor: Cursor = None


class LetterFilterBody(Body):
    """Which of them; the oldest jobs first."""

    model_config = example({"model": "text-generation", "code": "lost", "limit": 100})

    model: _Name | None = None
    code: _Name | None = Field(default=None, description="A failure code, such as `crash`")
    pool: _Name | None = None
    failed_from: Moment | None = Field(default=None, description="Inclusive")
    failed_to: Moment | None = Field(default=None, description="Exclusive")
    limit: int = Field(default=100, ge=1, le=MOST_AT_ONCE, description="How many at most")
    all_accounts: bool = Field(default=False, description=_ALL)


class ReplayBody(LetterFilterBody):
    cursor: Cursor = None


class DeadLetter(Answer):
    job_id: str
    account_id: str
    model: str
    pool: str
    code: str | None = Field(description="A failure code, or `publish`")
    reason: str | None
    attempts: int = Field(description="That were counted; handed-back ones are not")
    failed_at: Time
    settled: Annotated[str | None, word("replayed", "discarded")] = Field(
        description="Null: it is on the list"
    )
    settled_at: Time | None
    replayed_as: str | None = Field(description="The job that repeats it")


class DeadAttempt(Attempt):
    """One run of the job, with the end of what it wrote."""

    output_tail: str = Field(description="The last 4 KiB at most")


class DeadLetterDetail(DeadLetter):
    """A dead letter with every attempt, first to last."""

    runs: list[DeadAttempt]


class DeadLetterList(Answer):
    dead_letters: list[DeadLetter]
    total: int = Field(description="Of all that the filters let through")
    has_more: bool
    next_cursor: str | None


class ReplayedLetter(Answer):
    """What became of one of several: a new job, or an error."""

    job_id: str
    replayed_as: str | None
    error: ErrorBody | None


class Replayed(Answer):
    replayed: int
    failed: int = Field(description="These are still on the list")
    remaining: int = Field(description="On the list now, of all that the filters let through")
    next_cursor: str | None = Field(description="`cursor` of a request that goes on behind these")
    jobs: list[ReplayedLetter]


class Discarded(Answer):
    discarded: int
    remaining: int
    job_ids: list[str]
