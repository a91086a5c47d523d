from __future__ import annotations

import pytest

from headrace_runtime import telemetry, tracing
from headrace_runtime.telemetry import wanted

COLLECTOR = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, False),
        (COLLECTOR, True),
        (COLLECTOR | {"OTEL_SDK_DISABLED": "TRUE"}, False),
        (COLLECTOR | {"OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://127.0.0.1:4318/v1/metrics"}, False),
    ],
)
def test_traces_are_wanted_by_the_standard_variables(environ: dict[str, str], expected: bool) -> None:
    assert wanted(environ, "traces") is expected


def test_without_a_collector_everything_is_off() -> None:
    started = telemetry.start("headrace-test", instance_id="i", version="0", environ={})
    assert not started.tracing.enabled
    assert not started.metrics.enabled
    with started.tracing.span("job", {"a": 1}) as span:
        span.set("b", 2)
        span.fail("no matter")
        assert started.tracing.inject() is None
    assert started.tracing.extract("00-" + "a" * 32 + "-" + "b" * 16 + "-01") is None
    started.metrics.counter("jobs").add(1)
    started.metrics.histogram("wait").record(0.1)
    started.metrics.gauge("depth").set(3)


def test_a_disabled_span_lets_exceptions_through_and_makes_no_object() -> None:
    with pytest.raises(RuntimeError), tracing.DISABLED.span("a"):
        raise RuntimeError
    assert tracing.DISABLED.span("a") is tracing.DISABLED.span("b")
