"""What is said over the WebSocket (seed 003, «Real-time»)."""

from __future__ import annotations

from typing import Any

from headrace_api.dialects.jobserver.encode import WORDS, iso, number
from headrace_api.dialects.jobserver.ids import job_text
from headrace_contracts.jobs.state import FINAL, JobState
from headrace_contracts.jobs.view import JobView
from headrace_contracts.messages.changes import Change, ChangeKind


def message_of(change: Change, *, ended: bool = False) -> dict[str, Any] | None:
    """The message for a change; None for one that the text has no word for.

    ``ended``: the job's end was told before. Then only output that comes late is still told.
    """
    about = {"jobId": job_text(change.id), "timestamp": iso(change.at)}
    if change.kind is ChangeKind.OUTPUT:
        return {"type": "job.output", **about, "stream": change.stream, "data": change.text}
    if ended:
        return None
    if change.kind is ChangeKind.PROGRESS:
        return {"type": "job.progress", **about, "progress": number(change.percent or 0)}
    if change.state == JobState.RUNNING:
        return {"type": "job.started", **about, "workerId": change.agent, "attempt": change.attempt}
    if change.state in FINAL:
        return _completed(
            about,
            JobState(change.state),
            exit_code=change.exit_code,
            worker=change.agent,
            reason=change.failure_reason,
        )
    return None


def ended_message(view: JobView) -> dict[str, Any]:
    """For a job that had ended before anybody watched."""
    about = {"jobId": job_text(view.id), "timestamp": iso(view.finished_at)}
    return _completed(
        about, view.state, exit_code=view.exit_code, worker=view.agent, reason=view.failure_reason
    )


def _completed(
    about: dict[str, Any], state: JobState, *, exit_code: int | None, worker: str | None, reason: str | None
) -> dict[str, Any]:
    """``job.completed`` tells every end; ``status`` says which."""
    said = {
        "type": "job.completed",
        **about,
        "status": WORDS[state],
        "exitCode": exit_code,
        "workerId": worker,
    }
    return {**said, "error": reason} if reason else said
