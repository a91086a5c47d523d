"""The documented webhook of the radiance dialect (seed 002, «Webhooks»)."""

from __future__ import annotations

from datetime import datetime

import msgspec

from headrace_contracts.jobs.view import JobView
from headrace_contracts.wire.radiance import webhook_object

HEADERS = {"Content-Type": "application/json", "User-Agent": "AI-Runner-Webhook/1.0"}


def body(view: JobView, *, created_at: datetime) -> bytes:
    """The exact bytes of the body. ``created_at`` of the delivery makes them the same on every attempt.

    Raises KeyError for a job that has not ended.
    """
    return msgspec.json.encode(webhook_object(view, sent_at=created_at))
