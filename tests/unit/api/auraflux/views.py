"""Jobs in every state, for tests of what is shown of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from headrace_contracts.ids import new_id
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobView
from headrace_contracts.messages.events import FileRef

NOW = datetime(2026, 1, 31, 18, 0, tzinfo=UTC)
ACCOUNT = UUID("00000000-0000-7000-8000-000000000002")
VIDEO = FileRef(key="results/1/video.mp4", name="video.mp4", mime="video/mp4", size=10)


def view(state: JobState, **changes: Any) -> JobView:
    """A job of this dialect."""
    fields: dict[str, Any] = {
        "id": new_id(),
        "account_id": ACCOUNT,
        "dialect": "auraflux",
        "model": "video-production",
        "platform": "any",
        "pool": "video-production",
        "priority": Priority.NORMAL,
        "state": state,
        "created_at": NOW,
    }
    return JobView(**{**fields, **changes})
