"""What a test of an endpoint sends: nothing has happened, and it says so."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from headrace_contracts.jobs.timing import iso_ms

EVENT = "webhook.test"


def body(*, endpoint_id: UUID, created_at: datetime) -> bytes:
    """The exact bytes of the body, the same on every attempt."""
    return msgspec.json.encode(
        {
            "event": EVENT,
            "timestamp": iso_ms(created_at),
            "webhook_id": f"whk_{endpoint_id.hex}",
            "message": "This is a test; no job has ended.",
        }
    )
