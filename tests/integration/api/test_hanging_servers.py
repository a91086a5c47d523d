"""Postgres and NATS that hang: sockets stay open and nothing answers. Everybody hears 503 soon; all heals by itself."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
from tests.support.servers import RealServer, S3Access
from tests.support.service_process import AGENT_TOKEN, ServiceProcess, service, service_env
from tests.support.stopped import stopped
from tests.support.waiting import until

from headrace.embedded.nats import NatsServer
from headrace.embedded.postgres import PostgresServer
from headrace_store.migrate import migrate

JOB = {"model": "noop"}
#: As in production, but so short that the test is.
SHORT = {
    "HEADRACE_POSTGRES_WAIT_S": "0.4",
    "HEADRACE_POSTGRES_STATEMENT_S": "0.8",
    "HEADRACE_DISPATCHER_TIMEOUT_S": "1",
}
#: Wait for a connection, send, give the cancelled statement up; and once more for what stood in the queue.
SOON_S = 4.0
AGENT = {"Authorization": f"Bearer {AGENT_TOKEN}", "x-agent-id": "a"}


async def ask(session: aiohttp.ClientSession, method: str, url: str, **options: Any) -> tuple[int, float]:
    """Status and seconds; a 503 must say when to come again."""
    began = time.monotonic()
    async with session.request(method, url, **options) as answer:
        body: Any = await answer.json() if answer.status != 204 else None
        if answer.status == 503:
            assert body["success"] is False
            assert body["error"]["code"] == "SERVICE_UNAVAILABLE"
            assert int(answer.headers["Retry-After"]) >= 1
        return answer.status, time.monotonic() - began


async def submit(session: aiohttp.ClientSession, api: ServiceProcess) -> int:
    return (await ask(session, "POST", f"{api.api_url}/radiance/airunner/submit", json=JOB))[0]


async def test_a_postgres_that_hangs_ends_in_503_and_not_in_a_pile(
    own_postgres: RealServer[PostgresServer], nats_url: str, bucket: S3Access, tmp_path: Path
) -> None:
    url = own_postgres.program.url
    await migrate(url)
    env = {**service_env(nats_url, url, bucket), **SHORT}
    with service("headrace_api", env, tmp_path / "api.log") as api:
        radiance = f"{api.api_url}/radiance/airunner"
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:
            assert await submit(session, api) == 201
            pid = own_postgres.runner.pid
            assert pid is not None
            with stopped(pid):
                asked = [ask(session, "POST", f"{radiance}/submit", json=JOB) for _ in range(150)]
                asked += [ask(session, "GET", f"{radiance}/status/{uuid4()}") for _ in range(150)]
                answers = await asyncio.gather(*asked)
                assert {status for status, _ in answers} == {503}
                slowest = max(seconds for _, seconds in answers)
                assert slowest < SOON_S, f"{slowest:.1f} s"
                async with session.get(f"{api.health_url}/livez") as alive:
                    assert alive.status == 200
                assert not await asyncio.to_thread(api.ready)
            # Whatever was under way is over; the pool finds connections again without a restart.
            await until(lambda: submit(session, api), lambda status: status == 201, timeout_s=10)
            assert await asyncio.to_thread(api.ready)


async def test_without_nats_submits_and_status_go_on_and_the_rest_hears_503_at_once(
    own_nats: RealServer[NatsServer], record_url: str, bucket: S3Access, tmp_path: Path
) -> None:
    env = {**service_env(own_nats.program.url, record_url, bucket), **SHORT}
    with service("headrace_api", env, tmp_path / "api.log") as api:
        radiance = f"{api.api_url}/radiance/airunner"
        async with aiohttp.ClientSession() as session:

            async def took(status: int, method: str, path: str, within_s: float, **options: Any) -> None:
                found, seconds = await ask(session, method, radiance + path, **options)
                assert found == status, path
                assert seconds < within_s, f"{path}: {seconds:.1f} s"

            async with session.post(f"{radiance}/submit", json=JOB) as answer:
                job = (await answer.json())["result"]["id"]
            pid = own_nats.runner.pid
            assert pid is not None
            with stopped(pid):  # hangs: no connection is lost
                for _ in range(20):
                    await took(201, "POST", "/submit", 2.0, json=JOB)
                await took(200, "GET", f"/status/{job}", 2.0)
                await took(503, "DELETE", f"/cancel/{job}", 3.0)
                await took(503, "POST", "/agent/claim", 3.0, headers=AGENT)
            await own_nats.kill()
            await until(lambda: _says(api, "nats.disconnect"))
            for _ in range(20):
                await took(201, "POST", "/submit", 2.0, json=JOB)
            await took(200, "GET", f"/status/{job}", 2.0)
            await took(503, "DELETE", f"/cancel/{job}", 0.5)
            await took(503, "POST", "/agent/claim", 0.5, headers=AGENT)
            assert await asyncio.to_thread(api.ready)
            await own_nats.start()
            await until(lambda: _says(api, "nats.reconnect"))
            assert await submit(session, api) == 201


async def _says(api: ServiceProcess, action: str) -> bool:
    return f"action={action}" in await asyncio.to_thread(lambda: api.log)
