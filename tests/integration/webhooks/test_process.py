"""The two services as processes: settings, health, stop, and one trace through a delivery."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

import aiohttp
import pytest
from tests.integration.webhooks.conftest import SECRET
from tests.support.servers import S3Access
from tests.support.waiting import until

from headrace.embedded.ports import reserve_port
from headrace_store.postgres import Pool


def environment(nats_url: str, postgres_url: str, bucket: S3Access, port: int) -> dict[str, str]:
    return os.environ | {
        "HEADRACE_NATS_URL": nats_url, "HEADRACE_POSTGRES_URL": postgres_url, "HEADRACE_WEBHOOK_SECRET": SECRET,
        "HEADRACE_S3_ENDPOINT_URL": bucket.endpoint_url, "HEADRACE_S3_ACCESS_KEY": bucket.access_key,
        "HEADRACE_S3_SECRET_KEY": bucket.secret_key, "HEADRACE_S3_BUCKET": bucket.bucket,
        "HEADRACE_HEALTH_PORT": str(port), "HEADRACE_LOG_FORMAT": "json",
    }  # fmt: skip


@pytest.mark.parametrize("module", ["headrace_webhooks", "headrace_publisher"])
async def test_ready_and_ended_by_sigterm(
    nats_url: str, empty_database: str, pool: Pool, bucket: S3Access, module: str
) -> None:
    assert await pool.fetchval("SELECT 1") == 1
    with reserve_port() as port:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, env=environment(nats_url, empty_database, bucket, port.port),
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            async with aiohttp.ClientSession() as http:

                async def ask(path: str) -> int:
                    try:
                        async with http.get(f"http://127.0.0.1:{port.port}{path}") as response:
                            return response.status
                    except aiohttp.ClientConnectionError:
                        return 0

                await until(lambda: ask("/readyz"), lambda status: status == 200)
                assert await ask("/livez") == 200
            child.terminate()
            _, stderr = await asyncio.wait_for(child.communicate(), 15)
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
    assert child.returncode == 0, stderr.decode()
    assert b'"action":"process.stopped"' in stderr
    assert SECRET.encode() not in stderr


@pytest.mark.parametrize(
    ("module", "env", "words"),
    [
        ("headrace_webhooks", {}, ["HEADRACE_POSTGRES_URL", "HEADRACE_WEBHOOK_SECRET"]),
        ("headrace_webhooks", {"HEADRACE_WEBHOOK_SECRET": "letmein"}, ["must begin with whsec_"]),
        ("headrace_webhooks", {"HEADRACE_WEBHOOK_SECRET": " "}, ["at least one secret"]),
        ("headrace_publisher", {}, ["HEADRACE_POSTGRES_URL", "HEADRACE_S3_ENDPOINT_URL"]),
    ],
)
async def test_wrong_settings_are_named(module: str, env: dict[str, Any], words: list[str]) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HEADRACE_")}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, env=clean | env, stderr=asyncio.subprocess.PIPE
    )
    _, stderr = await asyncio.wait_for(child.communicate(), 30)
    assert child.returncode == 2
    for word in words:
        assert word in stderr.decode()
    assert "letmein" not in stderr.decode()
