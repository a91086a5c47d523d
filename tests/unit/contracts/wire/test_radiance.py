"""The documented forms of a job, on the documented example."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from headrace_contracts.jobs.priority import Priority
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobDocument, JobView
from headrace_contracts.messages.events import FileRef
from headrace_contracts.messages.work import InputRef
from headrace_contracts.wire.radiance import (
    STATUS_WORDS,
    job_object,
    result_object,
    summary_object,
    webhook_object,
)

ID = "550e8400-e29b-41d4-a716-446655440000"


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2025-10-27T{text}").replace(tzinfo=UTC)


JOB = JobView(
    id=UUID(ID),
    account_id=UUID(int=1),
    dialect="radiance",
    model="image-classification",
    platform="any",
    pool="image-classification",
    priority=Priority.NORMAL,
    state=JobState.COMPLETED,
    created_at=at("10:15:30.123"),
    input=InputRef(key=f"uploads/{ID}/cat.jpg", mime="image/jpeg", name="cat.jpg", size=3),
    webhook_url="https://myapp.com/webhook",
    export=True,
    attempt=1,
    agent="compute-node-01",
    started_at=at("10:15:45.678"),
    finished_at=at("10:16:12.345"),
    file=FileRef(key=f"results/{ID}/output.jpg", name="output.jpg", mime="image/jpeg", size=9),
)
NOW = at("10:16:12.500")
SUMMARY = {
    "id": ID,
    "model": "image-classification",
    "priority": 1,
    "status": "completed",
    "created_at": "2025-10-27T10:15:30.123Z",
    "started_at": "2025-10-27T10:15:45.678Z",
    "completed_at": "2025-10-27T10:16:12.345Z",
    "timing": {
        "queue_time_ms": 15555,
        "running_time_ms": 26667,
        "complete_time_ms": 42222,
        "latency_ms": 0,
    },
}
KEYS = {"result_key": f"results/{ID}/result.json", "result_file_key": f"results/{ID}/output.jpg"}


def test_status_of_a_completed_job() -> None:
    assert summary_object(JOB, now=NOW) == SUMMARY
    assert job_object(JOB, now=NOW) == {
        **SUMMARY,
        "failure_reason": None,
        **KEYS,
        "webhook_url": "https://myapp.com/webhook",
    }


def test_status_of_a_job_that_went_back_to_the_queue_shows_no_start() -> None:
    waiting = replace(JOB, state=JobState.QUEUED, finished_at=None, file=None)
    shown = job_object(waiting, now=NOW)
    assert (shown["status"], shown["started_at"], shown["completed_at"]) == ("queued", None, None)
    assert shown["timing"] == {
        "queue_time_ms": 42377,
        "running_time_ms": 0,
        "complete_time_ms": None,
        "latency_ms": None,
    }
    assert shown["result_key"] is None


def test_every_state_has_a_word() -> None:
    assert set(STATUS_WORDS) == set(JobState)


def test_result_key_only_where_it_is_exported() -> None:
    assert job_object(replace(JOB, export=False), now=NOW)["result_key"] is None


def test_webhook_of_a_completed_job() -> None:
    assert webhook_object(JOB, sent_at=NOW) == {
        "event": "job.completed",
        "job": {**SUMMARY, **KEYS, "webhook_url": "https://myapp.com/webhook"},
        "timestamp": "2025-10-27T10:16:12.500Z",
    }


def test_webhook_of_a_failed_job() -> None:
    failed = replace(JOB, state=JobState.FAILED, failure_reason="CUDA out of memory", file=None)
    job = {key: value for key, value in SUMMARY.items() if key != "timing"}
    assert webhook_object(failed, sent_at=NOW) == {
        "event": "job.failed",
        "job": {
            **job,
            "status": "failed",
            "failure_reason": "CUDA out of memory",
            "webhook_url": "https://myapp.com/webhook",
        },
        "timestamp": "2025-10-27T10:16:12.500Z",
    }


def test_webhook_of_a_job_that_has_not_ended_is_an_error() -> None:
    with pytest.raises(KeyError):
        webhook_object(replace(JOB, state=JobState.RUNNING), sent_at=NOW)


def test_result_document() -> None:
    document = JobDocument(job=JOB, payload=b'{"top_k": 5}', result=b'{"predictions": []}', meta=b'{"v": 1}')
    assert msgspec.json.decode(msgspec.json.encode(result_object(document))) == {
        "id": ID,
        "finished_at": "2025-10-27T10:16:12.345Z",
        "agent": "compute-node-01",
        "model": "image-classification",
        "payload": {"top_k": 5},
        "upload_key": f"uploads/{ID}/cat.jpg",
        "result": {"predictions": []},
        "output": {
            "type": "file",
            "file_key": f"results/{ID}/output.jpg",
            "filename": "output.jpg",
            "content_type": "image/jpeg",
        },
        "meta": {"v": 1},
    }


def test_result_document_of_a_job_with_neither_file_nor_meta() -> None:
    document = JobDocument(job=replace(JOB, file=None, input=None), payload=b"{}")
    shown = result_object(document, result=b"[1]")
    assert "output" not in shown
    assert "meta" not in shown
    assert shown["upload_key"] is None
    assert bytes(shown["result"]) == b"[1]"
