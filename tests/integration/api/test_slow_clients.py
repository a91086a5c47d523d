"""Clients that drip, sit still or send rubbish: they hold a place for a bounded time, and others don't notice."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
from tests.support.memory import MIB, peak_bytes
from tests.support.raw_http import RawConnection, form_head, form_tail
from tests.support.service_process import ServiceProcess, service
from tests.support.waiting import until

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(32)
SUBMIT = "/radiance/airunner/submit"
MODELS = b"GET /radiance/airunner/models HTTP/1.1\r\nHost: x\r\n\r\n"
ENV = {
    "HEADRACE_BODY_TIMEOUT_S": "0.6",
    "HEADRACE_BODY_MIN_BYTES_PER_S": "2000",
    "HEADRACE_HEAD_TIMEOUT_S": "1.5",
    "HEADRACE_MAX_REQUESTS": "8",  # six of them with a body
    "HEADRACE_MAX_BODIES_BYTES": str(MIB),
}


@pytest.fixture
def small_api(api_env: dict[str, str], tmp_path: Path) -> Iterator[ServiceProcess]:
    """An API with little room and less patience."""
    with service("headrace_api", {**api_env, **ENV}, tmp_path / "api.log") as process:
        yield process


async def status_of(api: ServiceProcess, path: str = "/radiance/airunner/models") -> int:
    async with aiohttp.ClientSession() as session, session.get(api.api_url + path) as answer:
        await answer.read()
        return answer.status


async def drip(connection: RawConnection, data: bytes, *, size: int, every_s: float) -> None:
    """Send ``data`` in pieces until the other side has had enough."""
    try:
        for start in range(0, len(data), size):
            await connection.send(data[start : start + size])
            await asyncio.sleep(every_s)
    except ConnectionError:
        pass


async def test_a_body_that_drips_gets_408_and_one_that_is_only_slow_gets_through(
    small_api: ServiceProcess,
) -> None:
    body = form_head("image-classification", "a.png", "image/png") + PNG + bytes(6000) + form_tail()

    async def dripping() -> None:
        async with RawConnection.open(small_api.api_port) as connection:
            await connection.send_head("POST", SUBMIT, content_length=len(body))
            began = time.monotonic()
            sending = asyncio.create_task(drip(connection, body, size=20, every_s=0.1))
            answer = await connection.answer()
            assert answer.status == 408
            assert json.loads(answer.body)["error"]["code"] == "REQUEST_TIMEOUT"
            assert time.monotonic() - began < 5
            sending.cancel()

    async def slow() -> None:
        async with RawConnection.open(small_api.api_port) as connection:
            await connection.send_head("POST", SUBMIT, content_length=len(body))
            began = time.monotonic()
            # About 3,000 bytes a second: several times the 0.6 s that a silent body has.
            await drip(connection, body, size=300, every_s=0.1)
            answer = await connection.answer()
            assert answer.status == 201, answer.body
            assert time.monotonic() - began > 1.5

    await asyncio.gather(dripping(), slow())


async def test_a_head_that_drips_is_cut_off_also_on_a_connection_that_was_good_before(
    small_api: ServiceProcess,
) -> None:
    head = b"GET /radiance/airunner/models HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(60))

    async def dripping(*, after: int) -> None:
        async with RawConnection.open(small_api.api_port) as connection:
            for _ in range(after):
                await connection.send(MODELS)
                assert (await connection.answer()).status == 200
            began = time.monotonic()
            sending = asyncio.create_task(drip(connection, head, size=3, every_s=0.1))
            assert await connection.closed_by_peer()
            assert time.monotonic() - began < 6
            sending.cancel()

    await asyncio.gather(dripping(after=0), dripping(after=2))


async def test_slow_bodies_take_places_that_status_does_not_need(small_api: ServiceProcess) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(6):
            connection = await stack.enter_async_context(RawConnection.open(small_api.api_port))
            await connection.send_head("POST", SUBMIT, content_length=100_000)
            await connection.send(form_head("image-classification", "a.png", "image/png"))

        async def seventh() -> tuple[int, str | None, str]:
            async with (
                aiohttp.ClientSession() as session,
                session.post(small_api.api_url + SUBMIT, json={"model": "noop"}) as answer,
            ):
                body = await answer.json()
                return answer.status, answer.headers.get("Retry-After"), str(body.get("error"))

        status, retry_after, error = await until(seventh, lambda found: found[0] != 201, every_s=0)
        assert status == 503
        assert retry_after in {"1", "2", "3"}
        assert "OVERLOADED" in error
        assert await status_of(small_api) == 200
        # The slow ones lose their places by themselves, while their connections are still open.
        await until(seventh, lambda found: found[0] == 201, timeout_s=10)


async def test_idle_connections_give_way_and_where_all_are_busy_a_new_one_is_sent_away(
    api_env: dict[str, str], tmp_path: Path
) -> None:
    env = {**api_env, "HEADRACE_MAX_CONNECTIONS": "16"}
    with service("headrace_api", env, tmp_path / "busy.log") as api:

        async def another() -> int:
            async with RawConnection.open(api.api_port) as connection:
                await connection.send(MODELS)
                answer = await connection.answer()
                assert answer.status == 200 or int(answer.headers["retry-after"]) >= 1
                return answer.status

        async with AsyncExitStack() as stack:
            idle = [await stack.enter_async_context(RawConnection.open(api.api_port)) for _ in range(30)]
            assert await another() == 200
            assert await idle[0].closed_by_peer()
        async with AsyncExitStack() as stack:
            for _ in range(16):
                busy = await stack.enter_async_context(RawConnection.open(api.api_port))
                await busy.send(
                    f"POST {SUBMIT} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                    "Content-Length: 100000\r\nExpect: 100-continue\r\n\r\n".encode()
                )
                assert (await busy.answer()).status == 100  # somebody is at work on it
            for _ in range(3):
                assert await another() == 503
        await until(another, lambda status: status == 200)


async def test_bodies_in_memory_are_bounded(small_api: ServiceProcess) -> None:
    peak = peak_bytes(small_api.pid)
    payload = "x" * 500_000

    async def body() -> AsyncIterator[bytes]:  # of no known length
        yield b'{"model": "noop", "payload": {"data": "'
        yield payload.encode()
        yield b'"}}'

    async with aiohttp.ClientSession() as session:

        async def big() -> int:
            headers = {"Content-Type": "application/json"}
            async with session.post(small_api.api_url + SUBMIT, data=body(), headers=headers) as answer:
                found = await answer.json()
                if answer.status == 503:
                    assert found["error"]["code"] == "OVERLOADED"
                    assert int(answer.headers["Retry-After"]) >= 1
                return answer.status

        statuses = await asyncio.gather(*(big() for _ in range(6)))
    # A payload of that size is refused for itself; of six at once only two fit into the megabyte.
    assert set(statuses) <= {400, 503}
    assert peak_bytes(small_api.pid) - peak < 30 * MIB
    assert await status_of(small_api) == 200


RUBBISH = (
    b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 65 + b"\r\n",
    b"GET / HTTP/1.1\r\nX: " + b"y" * 9000 + b"\r\n\r\n",
    b"GET /" + b"y" * 9000 + b" HTTP/1.1\r\n\r\n",
    b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999999\r\n\r\n",
    b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    b"GET / HTTP/1.1\r\nX: a\x00b\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
)


async def test_rubbish_is_refused_and_the_connection_closed(api: ServiceProcess) -> None:
    for rubbish in RUBBISH:
        async with RawConnection.open(api.api_port) as connection:
            await connection.send(rubbish)
            answer = await connection.answer()
            assert 400 <= answer.status < 500, rubbish[:60]
            for word in (b"Traceback", b"aiohttp", b".py"):
                assert word not in answer.body
            assert await connection.closed_by_peer(), rubbish[:60]


async def test_chunked_rubbish_is_a_bad_request(api: ServiceProcess) -> None:
    head = (
        f"POST {SUBMIT} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    ).encode()
    for chunk in (b"zz\r\nabc\r\n", b"ffffffffffffffffff\r\nabc", b"5\r\nabc\r\n0\r\n\r\n", b"-1\r\nx\r\n"):
        async with RawConnection.open(api.api_port) as connection:
            await connection.send(head + chunk)
            answer = await connection.answer()
            assert answer.status in {400, 408}, chunk
            assert await connection.closed_by_peer()
    assert await status_of(api) == 200
