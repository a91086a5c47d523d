"""The recording of an outcome in its job's trace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from headrace_dispatcher.recorder.outcome import Outcome
from headrace_runtime.telemetry import Telemetry
from headrace_runtime.tracing import Attributes


@contextmanager
def record_span(telemetry: Telemetry, outcomes: Sequence[Outcome]) -> Iterator[None]:
    """A span for each traced outcome of a batch, in its own job's trace; nothing when tracing is off."""
    tracing = telemetry.tracing
    if not tracing.enabled:
        yield
        return
    with ExitStack() as spans:
        for outcome in outcomes:
            parent = tracing.extract(outcome.trace)
            if parent is not None:
                attributes: Attributes = {
                    "headrace.job_id": str(outcome.id),
                    "headrace.state": str(outcome.state),
                    "headrace.batch": len(outcomes),
                }
                spans.enter_context(tracing.span("record.outcome", attributes, parent))
        yield
