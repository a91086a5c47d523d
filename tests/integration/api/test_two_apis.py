"""Two APIs side by side over one record, and one whose record goes away."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import asyncpg
from tests.support.servers import RealServer, S3Access
from tests.support.service_process import ServiceProcess, service, service_env

from headrace.embedded.postgres import PostgresServer
from headrace_store.migrate import migrate

JOB = {"model": "noop", "payload": {"n": 1}}


async def submit(session: aiohttp.ClientSession, url: str) -> int:
    async with session.post(f"{url}/radiance/airunner/submit", json=JOB) as answer:
        await answer.read()
        return answer.status


async def test_two_apis_share_one_record(
    api: ServiceProcess, api_env: dict[str, str], record_url: str, tmp_path: Path
) -> None:
    with service("headrace_api", api_env, tmp_path / "second.log") as second:
        async with aiohttp.ClientSession() as session:
            urls = [api.api_url, second.api_url] * 50
            assert set(await asyncio.gather(*(submit(session, url) for url in urls))) == {201}
            async with session.post(f"{api.api_url}/radiance/airunner/submit", json=JOB) as answer:
                job_id = (await answer.json())["result"]["id"]
            async with session.get(f"{second.api_url}/radiance/airunner/status/{job_id}") as answer:
                assert answer.status == 200
    connection = await asyncpg.connect(record_url)
    try:
        assert await connection.fetchval("SELECT count(*) FROM jobs") == 101
    finally:
        await connection.close()


async def test_every_201_is_in_the_record_although_it_goes_away(
    own_postgres: RealServer[PostgresServer], nats_url: str, bucket: S3Access, tmp_path: Path
) -> None:
    url = own_postgres.program.url
    await migrate(url)
    with service("headrace_api", service_env(nats_url, url, bucket), tmp_path / "api.log") as api:
        async with aiohttp.ClientSession() as session:
            accepted: list[str] = []
            refused: list[int] = []

            async def client() -> None:
                for _ in range(60):
                    async with session.post(f"{api.api_url}/radiance/airunner/submit", json=JOB) as answer:
                        body = await answer.json()
                        if answer.status == 201:
                            accepted.append(body["result"]["id"])
                        else:
                            refused.append(answer.status)
                            assert body["error"]["code"] == "SERVICE_UNAVAILABLE"
                            assert int(answer.headers["Retry-After"]) >= 1

            async def outage() -> None:
                await asyncio.sleep(0.2)
                await own_postgres.restart(crash=True)

            await asyncio.gather(outage(), *(client() for _ in range(8)))
            assert await submit(session, api.api_url) == 201
    connection = await asyncpg.connect(url)
    try:
        stored = {str(row["id"]) for row in await connection.fetch("SELECT id FROM jobs")}
    finally:
        await connection.close()
    assert set(accepted) <= stored
    assert len(accepted) > 100


async def test_without_a_dispatcher_agents_hear_503(api: ServiceProcess) -> None:
    headers = {"Authorization": "Bearer test-agent-token"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{api.api_url}/radiance/airunner/agent/claim") as answer,
    ):
        assert answer.status == 503
        assert (await answer.json())["error"]["code"] == "SERVICE_UNAVAILABLE"
        assert int(answer.headers["Retry-After"]) >= 1
