"""Jobs as the record shows them, for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from headrace_contracts.jobs.priority import Priority
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobView

T0 = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """So many seconds after the start."""
    return T0 + timedelta(seconds=seconds)


def view(number: int = 1, **changes: Any) -> JobView:
    """A job that ran from second 1 to second 3 on agent-1, unless ``changes`` say otherwise."""
    fields: dict[str, Any] = {
        "id": UUID(int=number),
        "account_id": UUID(int=0),
        "dialect": "radiance",
        "model": "text-generation",
        "platform": "any",
        "pool": "text-generation",
        "priority": Priority.NORMAL,
        "state": JobState.COMPLETED,
        "created_at": T0,
        "attempt": 1,
        "agent": "agent-1",
        "started_at": at(1),
        "finished_at": at(3),
    }
    return JobView(**fields | changes)
