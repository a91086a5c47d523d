"""Every subject that Headrace uses, in one place (DESIGN «JetStream»)."""

from __future__ import annotations

START = "dispatch.start"
UPLOAD = "dispatch.upload"
CLAIM = "dispatch.claim"
REPORT = "dispatch.report"
CANCEL = "dispatch.cancel"
APPROVE = "dispatch.approve"
SCHEDULE = "dispatch.schedule"
WORKER = "dispatch.worker"
POOL = "dispatch.pool"
DRAIN = "dispatch.drain"
MOVE = "dispatch.move"
HEARTBEAT = "agents.heartbeat"
GOODBYE = "agents.goodbye"
BELL_QUEUED = "bell.queued"
BELL_LANES = "bell.lanes"

#: Queue group of the dispatchers: each request is answered by one of them.
DISPATCHERS = "dispatchers"


def events(instance: str) -> str:
    """Where one agent instance sends its events."""
    return f"events.{instance}"


def stop(instance: str) -> str:
    """Where one agent instance hears that it must end an attempt."""
    return f"agents.{instance}.stop"


def drain(instance: str) -> str:
    """Where one agent instance hears that it is to take no more jobs, or may again."""
    return f"agents.{instance}.drain"


def hooks(endpoint_id: object) -> str:
    """Deliveries to one webhook endpoint."""
    return f"hooks.{endpoint_id}"


#: What the dispatchers have recorded, for whoever watches jobs (``messages.changes``).
CHANGES = "changes.jobs"


def publish(platform: str) -> str:
    """Publications to one platform; ``export`` is the documented result.json."""
    return f"publish.{platform}"
