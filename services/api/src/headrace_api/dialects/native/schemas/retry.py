"""When a failed attempt is followed by another one (ADR 0025)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from headrace_api.dialects.native.schemas.base import Answer, Body, example
from headrace_contracts.jobs.retry import ATTEMPTS_LIMIT, BACKOFF_LIMIT_S

#: What can be retried; a queue timeout is none of them, for no attempt was made.
RetriedCode = Literal["handler", "crash", "timeout", "lost", "transfer"]
_Wait = Annotated[float, Field(ge=0, le=BACKOFF_LIMIT_S, allow_inf_nan=False)]
#: How long a job may wait for its first start.
QueueTimeout = Annotated[float, Field(ge=1, le=30 * 24 * 3600, allow_inf_nan=False)]


class RetryBody(Body):
    """What is absent is as the model has it."""

    model_config = example({"max_attempts": 5, "backoff_s": 10, "retry_on": ["crash", "lost", "handler"]})

    max_attempts: int | None = Field(
        default=None, ge=1, le=ATTEMPTS_LIMIT, description="The first one counts"
    )
    backoff_s: _Wait | None = Field(default=None, description="Wait before the second attempt")
    factor: Annotated[float, Field(ge=1, le=100, allow_inf_nan=False)] | None = Field(
        default=None, description="Each further wait is so many times as long"
    )
    longest_s: _Wait | None = Field(default=None, description="No wait is longer")
    jitter: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = Field(
        default=None, description="A wait is shortened at random by up to this share"
    )
    retry_on: list[RetriedCode] | None = Field(
        default=None, max_length=10, description="Failure codes; after others the job fails at once"
    )


class Retry(Answer):
    """The policy that holds for a job: its own, else its model's."""

    max_attempts: int
    backoff_s: float
    factor: float
    longest_s: float
    jitter: float
    retry_on: list[str]
