"""Clients that hang, and the end of a process with clients on the line."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path

import aiohttp
from tests.support.raw_http import RawConnection, form_head, form_tail
from tests.support.service_process import ServiceProcess, service
from tests.support.waiting import until

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(32)
PATH = "/radiance/airunner/submit"


async def test_client_that_hangs_in_its_body_gets_408(api: ServiceProcess) -> None:
    body = form_head("image-classification", "a.png", "image/png") + PNG
    async with RawConnection.open(api.api_port) as connection:
        await connection.send_head("POST", PATH, content_length=len(body) + 1000)
        await connection.send(body)
        answer = await connection.answer()
        assert answer.status == 408
        assert json.loads(answer.body)["error"]["code"] == "REQUEST_TIMEOUT"
        assert await connection.closed_by_peer()


async def test_client_that_hangs_in_its_head_is_cut_off(api: ServiceProcess) -> None:
    async with RawConnection.open(api.api_port) as connection:
        await connection.send(b"POST /radiance/airunner/submit HTTP/1.1\r\nHost: x\r\nContent-")
        assert await connection.closed_by_peer()


async def test_client_that_says_nothing_is_cut_off(api: ServiceProcess) -> None:
    async with RawConnection.open(api.api_port) as connection:
        assert await connection.closed_by_peer()


async def test_sigterm_finishes_the_request_under_way(api_env: dict[str, str], tmp_path: Path) -> None:
    body = form_head("image-classification", "a.png", "image/png") + PNG + form_tail()
    with service("headrace_api", api_env, tmp_path / "api.log") as api:
        async with RawConnection.open(api.api_port) as connection:
            await connection.send_head("POST", PATH, content_length=len(body))
            await connection.send(body[:-10])
            await _answered(api.api_url)  # what came before it is read by now
            api.signal(signal.SIGTERM)
            await until(lambda: _refuses(api.api_port))
            await connection.send(body[-10:])
            answer = await connection.answer()
        assert answer.status == 201
        assert answer.headers["connection"] == "close"
        assert await asyncio.to_thread(api.wait) == 0


async def test_answers_carry_a_request_id(api: ServiceProcess) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{api.api_url}/radiance/airunner/models") as answer:
            assert len(answer.headers["X-Request-Id"]) >= 16
        given = {"X-Request-Id": "mine-1"}
        async with session.get(f"{api.api_url}/radiance/nothing", headers=given) as answer:
            assert answer.headers["X-Request-Id"] == "mine-1"
        async with session.get(f"{api.api_url}/", headers={"X-Request-Id": "no good id"}) as answer:
            assert answer.headers["X-Request-Id"] != "no good id"


async def _refuses(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return True
    writer.close()
    return False


async def _answered(url: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert answer.status == 200
