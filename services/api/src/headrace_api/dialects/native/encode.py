"""From what the core says of jobs to this dialect's answers."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from headrace_api.core.submit import SubmittedJob
from headrace_api.core.waiting import WaitingReason as Waiting
from headrace_api.dialects.native import ids, retry
from headrace_api.dialects.native.schemas import job as schema
from headrace_api.dialects.native.schemas.job_body import JobAccepted
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobView
from headrace_contracts.messages.events import FileRef
from headrace_contracts.messages.work import InputRef
from headrace_store.jobs.find import PastAttempt, Publication

#: States in which there may be a result.
DONE = frozenset({JobState.COMPLETED, JobState.STAGED})


def job_path(job: JobView | SubmittedJob) -> str:
    return f"/v1/jobs/{ids.shown(ids.JOB, job.id)}"


def summary(view: JobView, waiting: Waiting | None) -> schema.JobSummary:
    """A job in a list."""
    return schema.JobSummary.model_construct(**_summary(view, waiting))


def _summary(view: JobView, waiting: Waiting | None) -> dict[str, Any]:
    return {
        "job_id": ids.shown(ids.JOB, view.id),
        "status": view.state,
        "model": view.model,
        "progress": progress(view),
        "miner_id": view.agent,
        "created_at": view.created_at,
        "started_at": view.started_at,
        "completed_at": view.finished_at,
        "priority": view.priority.word,
        "platform": view.platform,
        "pool": view.pool,
        "attempt": view.attempt,
        "failure": failure(view),
        "exit_code": view.exit_code,
        "retry_of": None if view.retry_of is None else ids.shown(ids.JOB, view.retry_of),
        "run_at": view.run_at,
        "publish_at": view.publish_at,
        "waiting_reason": None if waiting is None else waiting_reason(waiting),
    }


def waiting_reason(waiting: Waiting) -> schema.WaitingReason:
    return schema.WaitingReason(
        code=waiting.code,
        message=waiting.message,
        lane=waiting.lane,
        near_misses=[schema.NearMiss(agent=miss.agent, lacks=miss.lacks) for miss in waiting.near_misses],
        position=waiting.position,
        estimated_seconds=waiting.estimate_s,
        until=waiting.until,
        limit=waiting.limit,
        in_motion=waiting.in_motion,
    )


def job(view: JobView, waiting: Waiting | None, publications: list[Publication]) -> schema.Job:
    """A job with all of it but its result, which is JSON text already."""
    done = view.state in DONE
    return schema.Job.model_construct(
        **_summary(view, waiting),
        result=None,
        progress_message=view.progress_message,
        max_attempts=view.max_attempts,
        timeout_seconds=view.timeout_s,
        retry=retry.shown(view),
        queue_timeout_s=view.queue_timeout_s,
        start_by=view.start_by,
        estimated_wait_seconds=None if waiting is None else waiting.estimate_s,
        input_file=stored(view.input),
        result_file=stored(view.file) if done else None,
        extra_files=[each for file in view.extra_files if (each := stored(file)) is not None] if done else [],
        download_url=f"{job_path(view)}/download" if done else None,
        staging=view.staging,
        awaits_approval=view.awaits_approval,
        approved_at=view.approved_at,
        publications=[publication(each) for each in publications],
        template_id=None if view.template_id is None else ids.shown(ids.TEMPLATE, view.template_id),
        webhook_url=view.webhook_url,
    )


def progress(view: JobView) -> int:
    """Whole percent: 0 before a run says anything, 100 once it is done."""
    if view.state in DONE:
        return 100
    return 0 if view.progress is None else max(0, min(100, int(view.progress)))


def failure(view: JobView) -> schema.Failure | None:
    if view.state is not JobState.FAILED:
        return None
    return schema.Failure(code=view.failure_code, reason=view.failure_reason)


def stored(file: FileRef | InputRef | None) -> schema.StoredFile | None:
    return None if file is None else schema.StoredFile(name=file.name, mime=file.mime, size=file.size)


def publication(each: Publication) -> schema.Publication:
    return schema.Publication.model_construct(
        destination=each.name,
        platform=each.platform,
        status=each.state,
        url=each.url,
        error=each.error,
        attempts=each.attempts,
        next_attempt_at=each.next_attempt_at,
        finished_at=each.finished_at,
    )


def past_attempt(each: PastAttempt) -> schema.Attempt:
    return schema.Attempt(
        number=each.number,
        miner_id=each.agent,
        started_at=each.started_at,
        ended_at=each.ended_at,
        outcome=each.outcome,
        reason=each.reason,
    )


def current_attempt(view: JobView) -> schema.Attempt | None:
    """The attempt in the job's own row: the current or the last one."""
    if view.agent is None or view.attempt == 0:
        return None
    return schema.Attempt(
        number=view.attempt,
        miner_id=view.agent,
        started_at=view.started_at,
        ended_at=view.finished_at,
        outcome=view.failure_code or str(view.state),
        reason=view.failure_reason,
    )


def accepted(
    made: SubmittedJob, *, cost: float | None, seconds: float | None, retry_of: str | None
) -> JobAccepted:
    """The answer to a submit."""
    return JobAccepted.model_construct(
        job_id=ids.shown(ids.JOB, made.id),
        estimated_cost=cost,
        estimated_time_seconds=seconds,
        status=str(made.state),
        model=made.model,
        priority=made.priority.word,
        platform=made.platform,
        pool=made.pool,
        created_at=made.created_at,
        retry_of=retry_of,
    )


def result_name(view: JobView) -> str:
    """What a JSON result without a file is called."""
    return f"{quote(ids.shown(ids.JOB, view.id))}.json"
