"""What this dialect's answers hold."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from headrace_api.core.waiting import WaitingReason
from headrace_api.dialects.auralis.words import STATUS, shown_hours, shown_platform, shown_time
from headrace_api.http.responses import json_response
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobView
from headrace_contracts.messages.requests import ClaimedJob


def success(message: str, *, status: int = 200, **more: Any) -> web.Response:
    """``{"status": "success", "message": ...}`` and what belongs to it."""
    return json_response({"status": "success", "message": message, **more}, status=status)


def s3_url(bucket: str, key: str | None) -> str | None:
    """Where a file lies: a name, not an address that opens it."""
    return None if key is None else f"s3://{bucket}/{key}"


def entry(job: JobView) -> dict[str, Any]:
    """A job in a list."""
    return {
        "id": str(job.id),
        "status": STATUS[job.state],
        "platform": shown_platform(job.platform),
        "timeout": shown_hours(job.timeout_s),
        "created_at": shown_time(job.created_at),
        "completed_at": shown_time(job.finished_at),
    }


def offer(job: JobView) -> dict[str, Any]:
    """A waiting job as workers and providers see it: its size helps them to choose, its owner is none of theirs."""
    return {
        "id": str(job.id),
        "status": STATUS[job.state],
        "platform": shown_platform(job.platform),
        "timeout": shown_hours(job.timeout_s),
        "model": job.model,
        "input_size": job.input.size if job.input is not None else None,
        "created_at": shown_time(job.created_at),
    }


def details(
    job: JobView, bucket: str, *, user_id: str | None, waiting: WaitingReason | None = None
) -> dict[str, Any]:
    """A job alone. ``user_id`` is a credential: None where a worker asks, as is why it waits."""
    shown: dict[str, Any] = {
        "id": str(job.id),
        "user_id": user_id,
        "status": STATUS[job.state],
        "input_url": s3_url(bucket, job.input.key if job.input is not None else None),
        "output_url": output_url(job, bucket),
        "platform": shown_platform(job.platform),
        "timeout": shown_hours(job.timeout_s),
        "created_at": shown_time(job.created_at),
        "started_at": shown_time(job.started_at),
        "completed_at": shown_time(job.finished_at),
    }
    if job.state is JobState.FAILED:
        shown["error"] = job.failure_reason
    elif job.state is JobState.CANCELLED:
        shown["error"] = "The job was cancelled"
    if waiting is not None:  # ours: the text has no field for it
        shown["waiting_reason"] = {"code": waiting.code, "message": waiting.message}
    return shown


def output_url(job: JobView, bucket: str) -> str | None:
    """None before the job is COMPLETED, and for one without an output."""
    return s3_url(bucket, job.file.key) if job.file is not None and job.state is JobState.COMPLETED else None


def claimed(job: ClaimedJob, view: JobView, bucket: str) -> dict[str, Any]:
    """What a worker needs to run its job."""
    return {
        "id": str(job.id),
        "status": STATUS[JobState.CLAIMED],
        "platform": shown_platform(view.platform),
        "timeout": shown_hours(job.timeout_s or view.timeout_s),
        "model": job.model,
        "payload": job.payload,
        "input_url": s3_url(bucket, job.input.key if job.input is not None else None),
        "input_name": job.input.name if job.input is not None else None,
        "created_at": shown_time(job.created_at),
    }
