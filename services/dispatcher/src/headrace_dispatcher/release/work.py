"""From a row of the record to a message of WORK."""

from __future__ import annotations

import msgspec

from headrace_contracts.jobs.lane import Lane
from headrace_contracts.messages.codec import encode
from headrace_contracts.messages.work import InputRef, WorkMessage
from headrace_dispatcher.store.rows import TakenJob
from headrace_runtime.jetstream.publish import Outgoing

TRACE_HEADER = "traceparent"


def message_of(lane: Lane, job: TakenJob, trace: str | None) -> Outgoing:
    """The message that releases ``job``; ``trace`` is the traceparent of the release."""
    ref = None
    if job.input_key is not None:
        ref = InputRef(
            key=job.input_key,
            mime=job.input_mime or "application/octet-stream",
            name=job.input_name or "input",
            size=job.input_size or 0,
        )
    work = WorkMessage(
        id=job.id,
        epoch=job.epoch,
        model=job.model,
        payload=msgspec.Raw(job.payload.encode()),
        input=ref,
        created_at=job.created_at,
        timeout_s=job.timeout_s,
        attempts=job.attempt,
    )
    return lane.subject(job.id), encode(work), {TRACE_HEADER: trace} if trace else None, None
