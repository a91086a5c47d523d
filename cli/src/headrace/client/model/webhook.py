"""Addresses that hear of every job, and what was sent there."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    webhook_id: str
    url: str
    description: str = ""
    #: Empty: every event.
    events: list[str] = msgspec.field(default_factory=list)
    enabled: bool = True
    disabled_at: datetime | None = None
    disabled_reason: str | None = None
    #: Until then the secret before the last one signs too.
    old_secret_until: datetime | None = None
    created_at: datetime | None = None
    #: ``whsec_...``, only from the calls that make one: it is shown once.
    secret: str | None = None

    def __repr__(self) -> str:
        """Without the secret: what is printed or logged must not give it away."""
        return f"Webhook(webhook_id={self.webhook_id!r}, url={self.url!r}, enabled={self.enabled!r})"


class WebhookList(msgspec.Struct, frozen=True, kw_only=True):
    webhooks: list[Webhook]


class SendAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """One request to a webhook."""

    number: int
    at: datetime
    #: Of the answer; None: there was none.
    status: int | None = None
    error: str | None = None
    duration_ms: int = 0
    response_head: str | None = None


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One event for one webhook."""

    delivery_id: str
    event: str
    #: ``pending``, ``delivered``, ``exhausted`` or ``held``
    status: str
    job_id: str | None = None
    created_at: datetime | None = None
    next_attempt_at: datetime | None = None
    attempts: list[SendAttempt] = msgspec.field(default_factory=list)


class DeliveryPage(msgspec.Struct, frozen=True, kw_only=True):
    deliveries: list[Delivery]
    has_more: bool = False
    next_cursor: str | None = None


class Queued(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that will be sent."""

    delivery_id: str
    status: str = "pending"
