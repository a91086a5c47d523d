"""One trace through everything: from the HTTP request to the webhook and the export, as one tree."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from opentelemetry.proto.trace.v1.trace_pb2 import Span
from oteltap import OtelTapHttpProtobufReceiver, OtelTapHttpProtobufReceiverSettings
from tests.support.live_stack import client_of, live_stack
from tests.support.receiver import receiving

from headrace.demo.samples import cat_photo
from headrace.embedded.ports import reserve_port

SUBMIT = "POST /radiance/airunner/submit"
#: Each span of a job with its parent.
TREE = {
    SUBMIT: None,
    "dispatch.release": SUBMIT,
    "agent.run": "dispatch.release",
    "handler.run": "agent.run",
    "record.outcome": "agent.run",
    "webhook.deliver": SUBMIT,
    "result.export": SUBMIT,
}


@asynccontextmanager
async def _collecting(port: int) -> AsyncIterator[tuple[dict[str, Span], asyncio.Task[Span]]]:
    """Spans of the traces that come, by name, and a wait for all of ``TREE``."""
    spans: dict[str, Span] = {}

    def complete(span: Span) -> bool:
        if span.name in TREE:
            spans[span.name] = span
        return set(spans) == set(TREE)

    async with OtelTapHttpProtobufReceiver(OtelTapHttpProtobufReceiverSettings(http_port=port)) as tap:
        waiting = asyncio.create_task(tap.await_trace(complete, timeout=100))
        await asyncio.sleep(0)  # it keeps nothing: who wants a span must wait for it before it comes
        yield spans, waiting
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


def _attributes(span: Span) -> dict[str, str | int]:
    return {
        item.key: item.value.string_value or item.value.int_value
        for item in span.attributes
        if item.key.startswith(("headrace.", "http."))
    }


async def test_a_job_is_one_tree_of_spans(tmp_path: Path) -> None:
    with reserve_port() as reservation:
        port = reservation.port
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}", "OTEL_BSP_SCHEDULE_DELAY": "200"}
    async with _collecting(port) as (spans, waiting), receiving() as receiver:
        # The commands of the stack block, and the tap has to answer meanwhile.
        context = live_stack(tmp_path, env=env)
        stack = await asyncio.to_thread(context.__enter__)
        try:
            async with client_of(stack.origin) as client:
                job_id = await client.submit(
                    "image-classification",
                    {},
                    file=("cat.png", cat_photo().read_bytes(), "image/png"),
                    webhook_url=receiver.url("/webhook"),
                )
                assert (await client.ended(job_id))["status"] == "completed"
            await asyncio.wait({waiting}, timeout=30)
        finally:
            await asyncio.to_thread(context.__exit__, None, None, None)

    assert set(spans) == set(TREE)
    assert len({span.trace_id for span in spans.values()}) == 1
    names = {span.span_id: name for name, span in spans.items()}
    assert {name: names.get(span.parent_span_id) for name, span in spans.items()} == TREE
    assert spans[SUBMIT].kind == Span.SPAN_KIND_SERVER

    job, lane = str(job_id), "any/image-classification/normal"
    about = {name: _attributes(span) for name, span in spans.items()}
    assert {
        each["headrace.job_id"] for name, each in about.items() if name not in {SUBMIT, "handler.run"}
    } == {job}
    assert about["dispatch.release"]["headrace.lane"] == about["agent.run"]["headrace.lane"] == lane
    assert about["agent.run"]["headrace.attempt"] == 1
    assert 0 <= int(about["agent.run"]["headrace.queue_ms"]) < 60_000
    assert 0 <= int(about["dispatch.release"]["headrace.queue_ms"]) < 60_000
    assert about[SUBMIT]["http.response.status_code"] == 201
    assert about["record.outcome"]["headrace.state"] == "completed"
