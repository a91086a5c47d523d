"""Webhooks, keys, the account and its usage."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from headrace_api.dialects.native.schemas.base import (
    Answer,
    Body,
    Day,
    Moment,
    Query,
    Text,
    Time,
    example,
    word,
)

JobEvent = Literal["job.completed", "job.failed", "job.cancelled"]
Scope = Literal["jobs:read", "jobs:write", "files", "webhooks", "admin", "operator"]
Rate = Annotated[int, Field(ge=1, le=1_000_000)]


class WebhookBody(Body):
    """An address that hears of every job of the account."""

    model_config = example({"url": "https://example.com/hooks", "events": ["job.completed"]})

    url: Annotated[Text, Field(min_length=1, max_length=2000)]
    description: Annotated[Text, Field(max_length=500)] = ""
    events: list[JobEvent] = Field(default_factory=list, max_length=10, description="Empty: every event")


class Webhook(Answer):
    webhook_id: str
    url: str
    description: str
    events: list[str]
    enabled: bool
    disabled_at: Time | None
    disabled_reason: str | None
    old_secret_until: Time | None = Field(description="Until then the secret before the last one signs too")
    created_at: Time


class WebhookSecret(Webhook):
    secret: str = Field(description="`whsec_...`; this is the one time that it is shown")


class WebhookList(Answer):
    webhooks: list[Webhook]


class SendAttempt(Answer):
    number: int
    at: Time
    status: int | None = Field(description="HTTP status of the answer; null: there was none")
    error: str | None
    duration_ms: int
    response_head: str | None


class Delivery(Answer):
    """One event for one endpoint."""

    delivery_id: str = Field(description="The header `webhook-id` has the same id, written as a UUID")
    job_id: str | None
    event: str
    status: Annotated[str, word("pending", "delivered", "exhausted", "held")]
    created_at: Time
    next_attempt_at: Time | None
    attempts: list[SendAttempt]


class DeliveryList(Answer):
    deliveries: list[Delivery]
    has_more: bool
    next_cursor: str | None


class DeliveryQueued(Answer):
    delivery_id: str
    status: Literal["pending"]


class KeyBody(Body):
    model_config = example({"name": "laptop", "scopes": ["jobs:read", "jobs:write"], "per_minute": 120})

    name: Annotated[Text, Field(min_length=1, max_length=100)]
    scopes: list[Scope] | None = Field(default=None, min_length=1, max_length=10)
    expires_at: Moment | None = None
    per_minute: Rate | None = Field(default=None, description="Requests a minute; null: as usual")
    per_hour: Rate | None = Field(default=None, description="Requests an hour; null: as usual")


class Key(Answer):
    key_id: str
    kind: Annotated[str, word("native", "auraflux")]
    name: str
    hint: str = Field(description="Its first characters")
    scopes: list[str]
    per_minute: int | None
    per_hour: int | None
    created_at: Time
    expires_at: Time | None
    last_used_at: Time | None
    revoked_at: Time | None


class NewKey(Key):
    key: str = Field(description="`hr_live_...`; this is the one time that it is shown")


class KeyList(Answer):
    keys: list[Key]


class Account(Answer):
    account_id: str
    name: str
    plan: str
    credits: int
    created_at: Time
    scopes: list[str] = Field(description="Of the key that asks")
    per_minute: int
    per_hour: int
    max_queued: int | None = Field(description="Jobs that may wait; null: no limit")
    max_running: int | None = Field(
        description="Jobs that may be in motion; further ones wait. Null: no limit"
    )


class UsageQuery(Query):
    since: Day | None = Field(
        default=None, alias="from", description="First day (UTC); 30 days ago when absent"
    )
    until: Day | None = Field(
        default=None, alias="to", description="Last day (UTC), inclusive; today when absent"
    )


class UsageLine(Answer):
    model: str
    status: str
    jobs: int
    run_seconds: float


class Usage(Answer):
    """Of the jobs that were submitted from the first day to the last."""

    jobs: int
    run_seconds: float
    credits_charged: int
    credits_refunded: int
    credits_granted: int
    lines: list[UsageLine]
