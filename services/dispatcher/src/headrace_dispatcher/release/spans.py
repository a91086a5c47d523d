"""The release in a job's trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from headrace_contracts.jobs.lane import Lane
from headrace_dispatcher.store.rows import TakenJob
from headrace_runtime.telemetry import Telemetry
from headrace_runtime.tracing import Attributes


@contextmanager
def release_span(telemetry: Telemetry, lane: Lane, job: TakenJob) -> Iterator[str | None]:
    """A span around the release of one job; yields the traceparent for its message, None when not traced."""
    tracing = telemetry.tracing
    if not tracing.enabled:
        yield None
        return
    parent = tracing.extract(job.trace)
    attributes: Attributes = {
        "headrace.job_id": str(job.id),
        "headrace.lane": str(lane),
        "headrace.epoch": job.epoch,
        "headrace.queue_ms": int((datetime.now(UTC) - job.created_at).total_seconds() * 1000),
    }
    with tracing.span("dispatch.release", attributes, parent):
        yield tracing.inject()
