"""Files, models, templates, destinations, pools and agents."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from headrace_api.dialects.native.schemas.base import Answer, Body, Cursor, Limit, Query, Text, Time, example
from headrace_api.dialects.native.schemas.job_body import Platform
from headrace_api.dialects.native.schemas.retry import QueueTimeout, RetryBody

Name = Annotated[Text, Field(min_length=1, max_length=100)]
SmallInt = Annotated[int, Field(ge=0, le=10_000)]


class PageQuery(Query):
    limit: Limit = 20
    cursor: Cursor = None


class FileBody(Body):
    """A file that is to come."""

    model_config = example({"name": "photo.jpg", "mime": "image/jpeg", "size": 48213})

    name: Annotated[Text, Field(min_length=1, max_length=300)]
    mime: Annotated[str, Field(max_length=200, pattern=r"^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+$")] = (
        "application/octet-stream"
    )
    size: int | None = Field(default=None, ge=0, le=2**53, description="To be refused early, if at all")


class File(Answer):
    file_id: str
    name: str
    mime: str
    size: int | None = Field(description="Null: announced, and not there yet")
    created_at: Time
    expires_at: Time


class FileSlot(File):
    """A file, and where it goes."""

    upload_url: str | None = Field(
        description="PUT the bytes here, with the `headers`; null: they came with this request"
    )
    headers: dict[str, str]


class FileList(Answer):
    files: list[File]
    has_more: bool
    next_cursor: str | None


class ModelCard(Answer):
    id: str
    name: str
    description: str
    requires_file: bool
    allowed_file_types: list[str]
    input_field: str | None = Field(description="The field of the payload that a text as `input` stands for")
    timeout_seconds: int
    payload_schema: dict[str, Any] = Field(description="JSON Schema 2020-12 of the payload")


class ModelList(Answer):
    models: list[ModelCard]


class TemplateBody(Body):
    model_config = example({"name": "short", "model": "text-generation", "options": {"max_tokens": 64}})

    name: Name
    model: Annotated[Text, Field(max_length=100)] | None = Field(
        default=None, description="Jobs of this model only"
    )
    options: dict[str, Any] = Field(
        default_factory=dict, description="Fields of a payload, for jobs that leave them out"
    )
    retry: RetryBody | None = Field(default=None, description="For jobs that leave fields of it out")
    queue_timeout_s: QueueTimeout | None = None


class Template(Answer):
    template_id: str
    name: str
    model: str | None
    options: dict[str, Any]
    retry: dict[str, Any] | None
    queue_timeout_s: float | None
    created_at: Time


class TemplateList(Answer):
    templates: list[Template]


class DestinationBody(Body):
    """Where results are published to."""

    model_config = example({"name": "archive", "platform": "s3", "config": {"prefix": "archive"}})

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")] = Field(
        description="What jobs write in `destinations`"
    )
    platform: Literal["s3", "http", "mastodon", "youtube"]
    config: dict[str, Any] = Field(default_factory=dict, description="Of the platform; shown again")
    secret: dict[str, Any] | None = Field(
        default=None, description="Credentials of the platform; kept encrypted and never shown"
    )


class Destination(Answer):
    destination_id: str
    name: str
    platform: str
    config: dict[str, Any]
    has_secret: bool
    created_at: Time


class DestinationList(Answer):
    destinations: list[Destination]


class PoolBody(Body):
    """A named queue, and what each of its machines offers."""

    model_config = example({"gpu_type": "v100", "gpu_count": 1, "vram_gb": 16, "price_per_hour": 0.3})

    description: Annotated[Text, Field(max_length=500)] = ""
    platform: Platform = "any"
    gpu_type: Annotated[Text, Field(min_length=1, max_length=64)] | None = None
    gpu_count: SmallInt = 0
    vram_gb: SmallInt = Field(default=0, description="Of each GPU")
    price_per_hour: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] | None = Field(
        default=None, description="USD, of one machine"
    )
    models: list[Name] = Field(default_factory=list, max_length=100, description="Empty: every model")


class Pool(Answer):
    name: str
    description: str
    platform: str
    gpu_type: str | None
    gpu_count: int
    vram_gb: int
    price_per_hour: float | None
    models: list[str]
    created_at: Time
    paused: bool


class PausedPool(Answer):
    """A pool whose jobs do not start for now. It may be a model's own one."""

    pool: str
    reason: str
    paused_at: Time


class PoolList(Answer):
    pools: list[Pool]
    paused: list[PausedPool] = Field(description="Those that are paused, the models' own ones among them")


class Agent(Answer):
    """An agent that was heard of lately."""

    name: str
    platform: str
    transport: str
    version: str
    pools: list[str]
    models: list[str]
    missing: dict[str, str] = Field(description="Models that it can't run, each with what is missing")
    slots: int
    running: int
    draining: bool = Field(description="It takes no more jobs")
    drained_because: str | None = Field(description="An operator wants it so: why. Null: no operator does")
    started_at: Time
    seen_at: Time


class AgentList(Answer):
    agents: list[Agent]
