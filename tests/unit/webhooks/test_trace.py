"""The spans of a delivery and an export continue the job's trace."""

from __future__ import annotations

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.unit.webhooks.test_deliver import ID, Memory, deliver

from headrace_contracts.messages.codec import encode
from headrace_contracts.messages.outbox import HookMessage
from headrace_runtime.jetstream.delivered import Delivered
from headrace_runtime.tracing import OtelTracing
from headrace_webhooks.consume import HookHandler
from headrace_webhooks.outcome import Outcome

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def test_a_failed_delivery_is_a_failed_span_of_the_jobs_trace() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    handler = HookHandler(
        deliver=deliver(Memory(outcome=Outcome(status=500, duration_ms=1))),
        tracing=OtelTracing(provider.get_tracer("test")),
        transient=(),
        away_s=5,
    )
    data = encode(HookMessage(delivery_id=ID, attempts=0, trace=TRACE))
    await handler(Delivered(subject="hooks.a.b", data=data, headers=None, reply="$JS.ACK.x"))
    provider.shutdown()
    (span,) = exporter.get_finished_spans()
    assert span.name == "webhook.deliver"
    assert span.context is not None
    assert span.parent is not None
    assert format(span.context.trace_id, "032x") == "0af7651916cd43dd8448eb211c80319c"
    assert format(span.parent.span_id, "016x") == "b7ad6b7169203331"
    assert not span.status.is_ok
    attributes = dict(span.attributes or {})
    assert attributes["headrace.job_id"] == "550e8400-e29b-41d4-a716-446655440000"
    assert attributes["headrace.webhook.attempt"] == 1
    assert attributes["http.response.status_code"] == 500
