"""The documented bodies, to the letter (seed 002, «Webhooks»)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from headrace_contracts.jobs.priority import Priority
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobView
from headrace_contracts.messages.events import FileRef
from headrace_webhooks.deliver import render

SENT = datetime(2025, 10, 27, 10, 16, 12, 500000, tzinfo=UTC)
COMPLETED = JobView(
    id=UUID("550e8400-e29b-41d4-a716-446655440000"),
    account_id=UUID(int=1),
    dialect="radiance",
    model="image-classification",
    platform="any",
    pool="image-classification",
    priority=Priority.NORMAL,
    state=JobState.COMPLETED,
    created_at=datetime(2025, 10, 27, 10, 15, 30, 123000, tzinfo=UTC),
    started_at=datetime(2025, 10, 27, 10, 15, 45, 678000, tzinfo=UTC),
    finished_at=datetime(2025, 10, 27, 10, 16, 12, 345000, tzinfo=UTC),
    webhook_url="https://myapp.com/webhook",
    export=True,
    file=FileRef(
        key="results/550e8400-e29b-41d4-a716-446655440000/output.jpg",
        name="output.jpg",
        mime="image/jpeg",
        size=3,
    ),
)
HEAD = """{
  "event": "job.%s",
  "job": {
    "id": "550e8400-e29b-41d4-a716-446655440000",
    "model": "image-classification",
    "priority": 1,
    "status": "%s",
    "created_at": "2025-10-27T10:15:30.123Z",
    "started_at": "2025-10-27T10:15:45.678Z",
    "completed_at": "2025-10-27T10:16:12.345Z","""
TAIL = """
    "webhook_url": "https://myapp.com/webhook"
  },
  "timestamp": "2025-10-27T10:16:12.500Z"
}"""
GOLDEN = {
    JobState.COMPLETED: HEAD % ("completed", "completed") + """
    "timing": {
      "queue_time_ms": 15555,
      "running_time_ms": 26667,
      "complete_time_ms": 42222,
      "latency_ms": 0
    },
    "result_key": "results/550e8400-e29b-41d4-a716-446655440000/result.json",
    "result_file_key": "results/550e8400-e29b-41d4-a716-446655440000/output.jpg",""" + TAIL,
    JobState.FAILED: HEAD % ("failed", "failed") + """
    "failure_reason": "CUDA out of memory",""" + TAIL,
    JobState.CANCELLED: HEAD % ("cancelled", "cancelled") + """
    "cancelled_at": "2025-10-27T10:16:12.345Z",""" + TAIL,
}  # fmt: skip


@pytest.mark.parametrize("state", GOLDEN)
def test_bodies(state: JobState) -> None:
    view = COMPLETED
    if state is not JobState.COMPLETED:
        reason = "CUDA out of memory" if state is JobState.FAILED else None
        view = replace(view, state=state, file=None, failure_reason=reason)
    body, headers = render(view, created_at=SENT)
    assert json.dumps(json.loads(body), indent=2) == GOLDEN[state]
    assert headers == {"Content-Type": "application/json", "User-Agent": "AI-Runner-Webhook/1.0"}


def test_the_time_zone_of_the_record_does_not_matter() -> None:
    from datetime import timezone

    elsewhere = SENT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert render(COMPLETED, created_at=elsewhere) == render(COMPLETED, created_at=SENT)


def test_a_job_without_a_file_has_no_file_key() -> None:
    body, _ = render(replace(COMPLETED, file=None), created_at=SENT)
    assert json.loads(body)["job"]["result_file_key"] is None
