"""How the radiance dialect writes a job (seed 002): used by its routes, its webhooks and the export of results.

Pure functions from a ``JobView`` to what JSON encoders take. Values of type ``msgspec.Raw`` are JSON already:
encode with ``msgspec.json.encode``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.timing import iso_ms, timing
from headrace_contracts.jobs.view import JobDocument, JobView
from headrace_contracts.keys import result_json_key

_S = JobState

#: The documented status words (seed 002, «Status Values»). A claim starts the job there and then.
STATUS_WORDS: dict[JobState, str] = {
    _S.SCHEDULED: "queued",
    _S.QUEUED: "queued",
    _S.CLAIMED: "running",
    _S.RUNNING: "running",
    _S.STAGED: "running",
    _S.COMPLETED: "completed",
    _S.FAILED: "failed",
    _S.CANCELLED: "cancelled",
}

#: Events for which a webhook is sent, by the state that they tell of.
WEBHOOK_EVENTS: dict[JobState, str] = {
    _S.COMPLETED: "job.completed",
    _S.FAILED: "job.failed",
    _S.CANCELLED: "job.cancelled",
}


def status_word(state: JobState) -> str:
    return STATUS_WORDS[state]


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else iso_ms(moment)


def _started(view: JobView) -> datetime | None:
    """The start as shown: a job that went back to the queue has not started."""
    return view.started_at if view.held or view.final else None


def timing_object(view: JobView, *, now: datetime) -> dict[str, int | None]:
    """``timing`` (seed 002, «Timing Calculation»), in milliseconds."""
    times = timing(created=view.created_at, started=_started(view), finished=view.finished_at, now=now)
    return {
        "queue_time_ms": times.queue_time_ms,
        "running_time_ms": times.running_time_ms,
        "complete_time_ms": times.complete_time_ms,
        "latency_ms": times.latency_ms,
    }


def summary_object(view: JobView, *, now: datetime) -> dict[str, Any]:
    """A row of ``/jobs/debug``."""
    return {
        "id": str(view.id),
        "model": view.model,
        "priority": int(view.priority),
        "status": status_word(view.state),
        "created_at": iso_ms(view.created_at),
        "started_at": _iso(_started(view)),
        "completed_at": _iso(view.finished_at),
        "timing": timing_object(view, now=now),
    }


def result_key(view: JobView) -> str | None:
    """Where the documented result.json is (written) once the job has completed; None for a job without export."""
    return result_json_key(view.id) if view.state is _S.COMPLETED and view.export else None


def job_object(view: JobView, *, now: datetime) -> dict[str, Any]:
    """The job as ``/status/:id`` shows it."""
    return {
        **summary_object(view, now=now),
        "failure_reason": view.failure_reason if view.state is _S.FAILED else None,
        "result_key": result_key(view),
        "result_file_key": view.file.key if view.file is not None and view.state is _S.COMPLETED else None,
        "webhook_url": view.webhook_url,
    }


def webhook_object(view: JobView, *, sent_at: datetime) -> dict[str, Any]:
    """The body of the webhook for a job that has ended (seed 002, «Webhooks»).

    A completed job carries timing and result keys, a failed one its reason; the form of a cancelled one is
    not in the text and follows these two. Raises KeyError for a job that has not ended.
    """
    event = WEBHOOK_EVENTS[view.state]
    job = summary_object(view, now=sent_at)
    if view.state is _S.COMPLETED:
        job["result_key"] = result_key(view)
        job["result_file_key"] = view.file.key if view.file is not None else None
    else:
        del job["timing"]
        if view.state is _S.FAILED:
            job["failure_reason"] = view.failure_reason
        else:
            job["cancelled_at"] = _iso(view.finished_at)
    job["webhook_url"] = view.webhook_url
    return {"event": event, "job": job, "timestamp": iso_ms(sent_at)}


def result_object(document: JobDocument, *, result: bytes | None = None) -> dict[str, Any]:
    """The bare result of ``/result/json/:id``, also written to S3 as result.json.

    ``result`` is the JSON that was fetched from ``job.result_ref`` when it is not in the record. ``output`` and
    ``meta`` stand there only when the job has them.
    """
    job = document.job
    data = document.result if document.result is not None else result
    body: dict[str, Any] = {
        "id": str(job.id),
        "finished_at": _iso(job.finished_at),
        "agent": job.agent,
        "model": job.model,
        "payload": msgspec.Raw(document.payload),
        "upload_key": job.input.key if job.input is not None else None,
        "result": msgspec.Raw(data) if data is not None else None,
    }
    if job.file is not None:
        body["output"] = {
            "type": "file",
            "file_key": job.file.key,
            "filename": job.file.name,
            "content_type": job.file.mime,
        }
    if document.meta is not None:
        body["meta"] = msgspec.Raw(document.meta)
    return body
