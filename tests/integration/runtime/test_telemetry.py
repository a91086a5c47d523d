"""Telemetry against a real OTLP receiver."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Callable

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from oteltap import OtelTapHttpProtobufReceiver, OtelTapHttpProtobufReceiverSettings

from headrace.embedded.ports import reserve_port
from headrace_runtime import logs, telemetry


@pytest.fixture
async def receiver(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OtelTapHttpProtobufReceiver]:
    with reserve_port() as port:
        number = port.port
    tap = OtelTapHttpProtobufReceiver(OtelTapHttpProtobufReceiverSettings(http_port=number))
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{number}")
    async with tap:
        yield tap


def _named(name: str) -> Callable[[Span], bool]:
    return lambda span: span.name == name


async def test_spans_arrive_with_their_parents_over_a_process_border(
    receiver: OtelTapHttpProtobufReceiver,
) -> None:
    taps = [asyncio.create_task(receiver.await_trace(_named(name), timeout=10)) for name in ("submit", "run")]
    await asyncio.sleep(0)  # the receiver keeps nothing: who wants a span must wait for it before it comes
    sender = telemetry.start("headrace-api", instance_id="a-1", version="1.2.3")
    taker = telemetry.start("headrace-agent", instance_id="b-1", version="1.2.3")
    with sender.tracing.span("submit", {"job": "j-1"}):
        carried = sender.tracing.inject()
        ids = logs.trace_ids.get()
    assert carried is not None
    assert ids is not None
    assert carried.startswith(f"00-{ids[0]}-{ids[1]}-0")  # the last digit holds flags, «sampled» among them
    assert logs.trace_ids.get() is None
    parent = taker.tracing.extract(carried)
    with contextlib.suppress(RuntimeError), taker.tracing.span("run", parent=parent) as span:
        span.set("attempt", 2)
        raise RuntimeError("no memory")
    await sender.stop()
    await taker.stop()

    submit, run = await asyncio.gather(*taps)
    assert submit.trace_id.hex() == ids[0]
    assert (run.trace_id, run.parent_span_id) == (submit.trace_id, submit.span_id)
    assert {item.key: item.value.string_value for item in submit.attributes} == {"job": "j-1"}
    assert run.status.code == 2
    assert [event.name for event in run.events] == ["exception"]


async def test_counters_arrive_when_the_process_stops(receiver: OtelTapHttpProtobufReceiver) -> None:
    tap = asyncio.create_task(
        receiver.await_metric(lambda found: found.name == "headrace.jobs.released", timeout=10)
    )
    await asyncio.sleep(0)
    process = telemetry.start("headrace-dispatcher", instance_id="c-1", version="1.2.3")
    counter = process.metrics.counter("headrace.jobs.released", unit="{job}")
    counter.add(2, {"lane": "l"})
    counter.add(3, {"lane": "l"})
    await process.stop()
    metric = await tap
    assert [point.as_int for point in metric.sum.data_points] == [5]


async def test_a_malformed_traceparent_is_no_parent(receiver: OtelTapHttpProtobufReceiver) -> None:
    assert receiver is not None
    process = telemetry.start("headrace-api", instance_id="d-1", version="1.2.3")
    assert process.tracing.extract("00-zz-yy-01") is None
    assert process.tracing.extract(None) is None
    await process.stop()


def test_off_means_that_opentelemetry_is_not_even_loaded() -> None:
    code = (
        "import sys; from headrace_runtime import telemetry;"
        "telemetry.start('s', instance_id='i', version='0', environ={});"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
