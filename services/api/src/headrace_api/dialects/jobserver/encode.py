"""What this dialect's answers hold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import msgspec
from aiohttp import web

from headrace_api.core.files import ClientFile
from headrace_api.core.output import OutputText
from headrace_api.core.submit import SubmittedJob
from headrace_api.core.waiting import WaitingReason
from headrace_api.dialects.jobserver.decode import STATUS, Page
from headrace_api.dialects.jobserver.ids import file_text, job_text
from headrace_api.http.responses import json_response
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobView
from headrace_store.accounts.workers import Worker

#: The word for each state.
WORDS: Final[Mapping[JobState, str]] = {state: word for word, states in STATUS.items() for state in states}


class _Payload(msgspec.Struct):
    command: str = ""
    working_directory: str | None = None


def success(body: Mapping[str, Any], *, status: int = 200) -> web.Response:
    """``{"success": true, ...}``."""
    return json_response({"success": True, **body}, status=status)


def listing(name: str, items: Sequence[Mapping[str, Any]], page: Page, *, total: int) -> web.Response:
    """A page of a list, under its own name and as ``data``."""
    return success(
        {
            "total": total,
            "limit": page.limit,
            "offset": page.offset,
            "hasMore": page.offset + len(items) < total,
            name: items,
            "data": items,
        }
    )


def iso(moment: datetime | None) -> str | None:
    """``2026-01-25T10:30:00Z``, as in the text: whole seconds."""
    if moment is None:
        return None
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def command_of(payload: bytes | msgspec.Raw) -> _Payload:
    """The fields of a command's payload."""
    return msgspec.json.decode(payload, type=_Payload)


def number(value: float) -> float | int:
    """Whole numbers without a point, as in the text."""
    return int(value) if value == int(value) else value


def submitted(job: SubmittedJob, wait_s: float | None) -> dict[str, Any]:
    return {
        "jobId": job_text(job.id),
        "status": WORDS[job.state],
        "createdAt": iso(job.created_at),
        "estimatedWaitTime": None if wait_s is None else math.ceil(wait_s),
    }


def job_status(
    view: JobView, stdout: OutputText, stderr: OutputText, waiting: WaitingReason | None
) -> dict[str, Any]:
    """The answer of ``/jobs/status``. What the text does not show is there only when there is something to say."""
    shown: dict[str, Any] = {
        "jobId": job_text(view.id),
        "status": WORDS[view.state],
        "workerId": view.agent,
        "createdAt": iso(view.created_at),
        "startedAt": iso(view.started_at),
        "stdout": stdout.text,
        "stderr": stderr.text,
        "progress": 100 if view.state is JobState.COMPLETED else number(view.progress or 0),
        "exitCode": view.exit_code,
    }
    if view.finished_at is not None:
        shown["completedAt"] = iso(view.finished_at)
    if view.failure_reason:
        shown["error"] = view.failure_reason
    if waiting is not None:
        shown["waitingReason"] = {"code": waiting.code, "message": waiting.message}
    shown |= {
        name: True
        for name, text in (("stdoutTruncated", stdout), ("stderrTruncated", stderr))
        if text.truncated
    }
    return shown


def job_entry(view: JobView, payload: bytes) -> dict[str, Any]:
    """An entry of ``/jobs/list``."""
    return {
        "jobId": job_text(view.id),
        "command": command_of(payload).command,
        "status": WORDS[view.state],
        "workerId": view.agent,
        "createdAt": iso(view.created_at),
        "completedAt": iso(view.finished_at),
        "exitCode": view.exit_code,
    }


def worker_entry(worker: Worker, *, whole: bool = False) -> dict[str, Any]:
    """An entry of ``/workers/list``; ``whole``: the answer of ``/workers/:workerId``."""
    return {
        "workerId": worker.name,
        "hostname": worker.hostname,
        "cpuCount": worker.cpu_count,
        **({"totalMemoryMb": worker.memory_mb} if whole else {}),
        "status": worker.presence,
        "lastHeartbeat": iso(worker.seen_at),
        "registeredAt": iso(worker.registered_at),
        "currentJobId": job_text(worker.held[0]) if worker.held else None,
        "jobsCompleted": worker.jobs_completed,
        **({"metadata": worker.metadata} if whole else {}),
    }


def file_path(file_id: str, name: str) -> str:
    """Where a file is, below this dialect's origin."""
    return f"/uploads/{file_id}/{quote(name, safe='')}"


def uploaded(file: ClientFile) -> dict[str, Any]:
    return {
        "fileId": file_text(file.id),
        "filename": file.name,
        "size": file.size,
        "uploadedAt": iso(file.created_at),
        "url": file_path(file_text(file.id), file.name),
        "expiresAt": iso(file.expires_at),
    }
