"""The trace of a job begins at the request that made it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import asyncpg
from oteltap import OtelTapHttpProtobufReceiver, OtelTapHttpProtobufReceiverSettings
from tests.support.service_process import service

from headrace.embedded.ports import reserve_port

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
JOB = {"model": "noop", "payload": {}}


async def test_span_of_the_request_is_the_job_s_parent(
    api_env: dict[str, str], record_url: str, tmp_path: Path
) -> None:
    with reserve_port() as port:
        number = port.port
    env = {
        **api_env,
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{number}",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    async with OtelTapHttpProtobufReceiver(OtelTapHttpProtobufReceiverSettings(http_port=number)) as tap:
        name = "POST /radiance/airunner/submit"
        waiting = asyncio.create_task(tap.await_trace(lambda span: span.name == name, timeout=20))
        with service("headrace_api", env, tmp_path / "api.log") as api:
            async with (
                aiohttp.ClientSession(headers={"traceparent": PARENT}) as session,
                session.post(f"{api.api_url}/radiance/airunner/submit", json=JOB) as answer,
            ):
                assert answer.status == 201
            span = await waiting
    connection = await asyncpg.connect(record_url)
    try:
        trace = await connection.fetchval("SELECT trace FROM jobs")
    finally:
        await connection.close()
    assert span.trace_id.hex() == TRACE
    assert span.parent_span_id.hex() == "00f067aa0ba902b7"
    assert trace.startswith(f"00-{TRACE}-{span.span_id.hex()}-")
    status = {item.key: item.value.int_value for item in span.attributes}["http.response.status_code"]
    assert status == 201


async def test_untraced_jobs_carry_no_trace(api_env: dict[str, str], record_url: str, tmp_path: Path) -> None:
    with service("headrace_api", api_env, tmp_path / "api.log") as api:
        async with (
            aiohttp.ClientSession(headers={"traceparent": PARENT}) as session,
            session.post(f"{api.api_url}/radiance/airunner/submit", json=JOB) as answer,
        ):
            assert answer.status == 201
    connection = await asyncpg.connect(record_url)
    try:
        assert await connection.fetchval("SELECT trace FROM jobs") is None
    finally:
        await connection.close()
