"""From a row of the record to a message of WORK."""

from __future__ import annotations

import msgspec

from headrace_contracts.jobs.lane import Lane
from headrace_contracts.messages.codec import encode
from headrace_contracts.messages.work import InputRef, WorkMessage
from headrace_dispatcher.store.rows import TakenJob
from headrace_runtime.jetstream.publish import Outgoing

TRACE_HEADER = "traceparent"


def input_of(job: TakenJob) -> InputRef | None:
    """The job's input file."""
    if job.input_key is None:
        return None
    return InputRef(
        key=job.input_key,
        mime=job.input_mime or "application/octet-stream",
        name=job.input_name or "input",
        size=job.input_size or 0,
    )


def payload_of(job: TakenJob) -> msgspec.Raw:
    """The job's payload as it stands in the record."""
    return msgspec.Raw(job.payload.encode())


def message_of(lane: Lane, job: TakenJob, trace: str | None) -> Outgoing:
    """The message that releases ``job``; ``trace`` is the traceparent of the release."""
    work = WorkMessage(
        id=job.id,
        epoch=job.epoch,
        model=job.model,
        payload=payload_of(job),
        input=input_of(job),
        created_at=job.created_at,
        timeout_s=job.timeout_s,
        attempts=job.attempt,
    )
    return lane.subject(job.id), encode(work), {TRACE_HEADER: trace} if trace else None, None
