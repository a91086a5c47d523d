"""What a client says of a job (seed 004, «Submit Job»)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from headrace_api.dialects.native.schemas.base import Answer, Body, Moment, Text, Time, example, word
from headrace_api.dialects.native.schemas.retry import QueueTimeout, RetryBody

PriorityWord = Literal["low", "normal", "high", "urgent"]
Platform = Literal["any", "linux-amd64", "linux-arm64"]
#: The same in answers.
PriorityShown = Annotated[str, word("low", "normal", "high", "urgent")]
PlatformShown = Annotated[str, word("any", "linux-amd64", "linux-arm64")]

_MAX_TIMEOUT_S = 7 * 24 * 3600


class OutputConfig(Body):
    """Where the result goes."""

    destination: Text = Field(
        default="local",
        max_length=2000,
        description="`local`, or `s3://bucket/path` inside one of the account's S3 destinations",
    )
    format: Literal["json"] = Field(default="json", description="Of the result that is not a file")


class RequirementsBody(Body):
    """What the machine must have. The job waits in the smallest pool that has it."""

    gpu_type: Text | None = Field(default=None, min_length=1, max_length=64, description="Such as `v100`")
    gpu_count: int = Field(default=0, ge=0, le=64)
    min_vram_gb: int = Field(default=0, ge=0, le=4096, description="Of each GPU")


class JobBody(Body):
    """A job to be done."""

    model_config = example(
        {
            "model": "text-generation",
            "input": "Once upon a time",
            "priority": "normal",
            "timeout_seconds": 3600,
            "output_config": {"destination": "local", "format": "json"},
        }
    )

    model: Text = Field(
        min_length=1, max_length=100, description="An id of `GET /v1/models`", examples=["text-generation"]
    )
    input: Text | dict[str, Any] | None = Field(
        default=None,
        description="The model's main text, or the id of a file that was sent ahead, or the whole payload",
    )
    payload: dict[str, Any] | None = Field(
        default=None, description="The model's parameters, as its `payload_schema` says"
    )
    output_config: OutputConfig = Field(default_factory=OutputConfig)
    requirements: RequirementsBody = Field(default_factory=RequirementsBody)
    priority: PriorityWord | Annotated[int, Field(ge=0, le=3)] = Field(
        default="normal", description="A word, or 0 (low) to 3 (urgent)"
    )
    timeout_seconds: int | None = Field(
        default=None, ge=1, le=_MAX_TIMEOUT_S, description="Longest run; the model's own when absent"
    )
    retry: RetryBody | None = Field(
        default=None, description="After which failures it is tried again; as the model has it when absent"
    )
    queue_timeout_s: QueueTimeout | None = Field(
        default=None, description="Longest wait for its first start, in seconds; then it fails"
    )
    platform: Platform = "any"
    run_at: Moment | None = Field(default=None, description="Not run before")
    staging: bool = Field(default=False, description="Once done it waits for an approval")
    destinations: list[Annotated[Text, Field(min_length=1, max_length=100)]] = Field(
        default_factory=list, max_length=20, description="Names of destinations to publish the result to"
    )
    publish_at: Moment | None = Field(default=None, description="Not published before")
    template_id: Text | None = Field(
        default=None, max_length=100, description="Its options stand in for what the payload leaves out"
    )
    webhook_url: Text | None = Field(
        default=None, max_length=2000, description="Is told of the end of this job"
    )


class JobAccepted(Answer):
    """A job that was stored; the first three fields are those of the published text."""

    job_id: str
    estimated_cost: float | None = Field(
        description="USD: the run time at the pool's price; null while nothing is known of one of them"
    )
    estimated_time_seconds: float | None = Field(
        description="How long such jobs ran lately; null while none has ended"
    )
    status: Annotated[str, word("queued", "scheduled")]
    model: str
    priority: PriorityShown
    platform: PlatformShown
    pool: str
    created_at: Time
    retry_of: str | None
