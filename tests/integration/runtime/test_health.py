from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from headrace_runtime.health import HealthServer
from headrace_runtime.settings import HealthSettings


async def _get(port: int, path: str) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as answer:
        return answer.status, await answer.json()


async def test_ready_follows_its_checks() -> None:
    reason: str | None = "the bus is away"

    async def bus() -> str | None:
        return reason

    async def store() -> str | None:
        return None

    server = HealthServer(HealthSettings(), ready={"bus": bus, "store": store})
    port = await server.start()
    try:
        assert port == server.port > 0
        assert await _get(port, "/livez") == (200, {"ok": True, "reasons": {}})
        assert await _get(port, "/readyz") == (503, {"ok": False, "reasons": {"bus": "the bus is away"}})
        reason = None
        assert await _get(port, "/readyz") == (200, {"ok": True, "reasons": {}})
    finally:
        await server.stop()


async def test_a_check_that_hangs_or_raises_is_a_reason() -> None:
    async def hangs() -> str | None:
        await asyncio.Event().wait()
        return None

    async def raises() -> str | None:
        raise ConnectionError("refused")

    server = HealthServer(HealthSettings(), ready={"hangs": hangs, "raises": raises}, timeout_s=0.05)
    port = await server.start()
    try:
        status, body = await _get(port, "/readyz")
    finally:
        await server.stop()
    assert status == 503
    assert body["reasons"] == {"hangs": "no answer within 0.05 s", "raises": "ConnectionError: refused"}


async def test_a_taken_port_is_an_error() -> None:
    first = HealthServer(HealthSettings(), ready={})
    port = await first.start()
    second = HealthServer(HealthSettings(health_port=port), ready={})
    try:
        with pytest.raises(OSError, match="in use"):
            await second.start()
    finally:
        await first.stop()
        await second.stop()
