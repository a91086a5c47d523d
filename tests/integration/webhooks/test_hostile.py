"""Receivers that hang, lie, flood or lead elsewhere."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from tests.integration.webhooks.conftest import Serve
from tests.support.names import Names
from tests.support.outcomes import Outcomes
from tests.support.receiver import Receiver, answer, receiving

from headrace_store.postgres import Pool


async def attempt_of(pool: Pool, delivery_id: Any) -> dict[str, Any]:
    row = await pool.fetchrow("SELECT * FROM webhook_attempts WHERE delivery_id = $1", delivery_id)
    assert row is not None
    return dict(row)


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/hang", None, "timeout"), ("/reset", None, "connection"), ("/garbage", None, "protocol"),
        ("/500", 500, None), ("/304", 304, None), ("/huge", 500, None), ("/empty", None, "connection"),
    ],
)  # fmt: skip
async def test_what_is_recorded_of_a_bad_receiver(
    serve: Serve, outcomes: Outcomes, receiver: Receiver, delivery_of: Any, pool: Pool,
    path: str, status: int | None, error: str | None,
) -> None:  # fmt: skip
    receiver.answers |= {
        "/garbage": b"SSH-2.0-OpenSSH_9.6\r\n", "/500": answer(500, b"a\x00b" + b"c" * 9000), "/304": answer(304),
        "/empty": b"",
    }  # fmt: skip
    delivery_id = await outcomes.delivery(receiver.url(path))
    async with serve(webhook_timeout_s=1):
        row = await delivery_of(delivery_id, attempts=1)
    assert row["state"] == "pending"
    found = await attempt_of(pool, delivery_id)
    assert (found["status"], found["error"]) == (status, error)
    assert found["duration_ms"] < 5000
    if path == "/500":
        assert found["response_head"] == "a\ufffdb" + "c" * 2045
    if path == "/huge":
        assert found["response_head"] == "h" * 2048


async def test_a_200_counts_even_if_its_body_never_ends(
    serve: Serve, outcomes: Outcomes, receiver: Receiver, delivery_of: Any
) -> None:
    delivery_id = await outcomes.delivery(receiver.url("/drip"))
    async with serve():
        await delivery_of(delivery_id, state="delivered")


async def test_redirects_are_not_followed_and_say_nothing(
    serve: Serve, outcomes: Outcomes, receiver: Receiver, delivery_of: Any, pool: Pool
) -> None:
    async with receiving() as inside:
        for status in (301, 307):
            receiver.answers[f"/{status}"] = answer(status, b"secret", Location=inside.url("/inside"))
            delivery_id = await outcomes.delivery(receiver.url(f"/{status}"))
            async with serve():
                await delivery_of(delivery_id, attempts=1)
            found = await attempt_of(pool, delivery_id)
            assert (found["status"], found["response_head"]) == (status, None)
        assert inside.connections == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0x7f.1", "2130706433"])
async def test_addresses_inside_are_refused_when_sent(
    serve: Serve, outcomes: Outcomes, receiver: Receiver, delivery_of: Any, pool: Pool, host: str
) -> None:
    delivery_id = await outcomes.delivery(f"http://{host}:{receiver.port}/ok")
    async with serve(allow_loopback_webhooks=False):
        await delivery_of(delivery_id, attempts=1)
    found = await attempt_of(pool, delivery_id)
    assert (found["status"], found["error"], found["response_head"]) == (None, "refused_url", None)
    assert receiver.connections == 0


@pytest.mark.parametrize(
    "addresses",
    [("127.0.0.1",), ("::1",), ("::ffff:127.0.0.1",), ("127.0.0.1", "::1", "10.0.0.1"), ("64:ff9b::7f00:1",)],
)
async def test_a_name_that_leads_inside_is_refused_at_the_connection(
    serve: Serve,
    outcomes: Outcomes,
    receiver: Receiver,
    delivery_of: Any,
    pool: Pool,
    addresses: tuple[str, ...],
) -> None:
    names = Names(*addresses)
    delivery_id = await outcomes.delivery(f"http://hooks.example.com:{receiver.port}/ok")
    async with serve(allow_loopback_webhooks=False, resolver=names):
        await delivery_of(delivery_id, attempts=1)
    found = await attempt_of(pool, delivery_id)
    assert (found["status"], found["error"]) == (None, "refused_address")
    assert names.asked == 1
    assert receiver.connections == 0


async def test_a_name_that_leads_to_an_open_address_is_reached(
    serve: Serve, outcomes: Outcomes, receiver: Receiver, delivery_of: Any
) -> None:
    """The counterpart: the same path works when the guard lets it."""
    delivery_id = await outcomes.delivery(f"http://hooks.example.com:{receiver.port}/ok")
    async with serve(resolver=Names("10.0.0.1", "127.0.0.1")):
        await delivery_of(delivery_id, state="delivered")
    assert receiver.requests[0].headers["host"] == f"hooks.example.com:{receiver.port}"


async def test_names_without_an_address_and_the_real_resolver(
    serve: Serve, outcomes: Outcomes, receiver: Receiver, delivery_of: Any, pool: Pool
) -> None:
    nowhere = await outcomes.delivery(f"http://hooks.example.com:{receiver.port}/ok")
    async with serve(resolver=Names()):
        await delivery_of(nowhere, attempts=1)
    assert (await attempt_of(pool, nowhere))["error"] == "dns"
    here = await outcomes.delivery(f"http://localhost:{receiver.port}/ok")
    async with serve():
        await delivery_of(here, state="delivered")


async def test_an_answer_that_is_no_tls(
    serve: Serve, outcomes: Outcomes, delivery_of: Any, pool: Pool
) -> None:
    async def plain(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(200))
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        delivery_id = await outcomes.delivery(f"https://127.0.0.1:{port}/ok")
        async with serve():
            await delivery_of(delivery_id, attempts=1)
    assert (await attempt_of(pool, delivery_id))["error"] == "tls"


async def test_plain_http_may_be_switched_off(
    serve: Serve, outcomes: Outcomes, receiver: Receiver, delivery_of: Any, pool: Pool
) -> None:
    delivery_id = await outcomes.delivery(receiver.url("/ok"))
    async with serve(allow_http_webhooks=False):
        await delivery_of(delivery_id, attempts=1)
    assert (await attempt_of(pool, delivery_id))["error"] == "refused_url"
    assert receiver.connections == 0


async def test_a_hanging_endpoint_does_not_hold_another(
    serve: Serve, outcomes: Outcomes, receiver: Receiver, pool: Pool
) -> None:
    for _ in range(150):
        await outcomes.delivery(receiver.url("/hang"))
    async with serve(webhook_endpoint_wait_s=0.3, webhook_concurrency=32, webhook_endpoint_concurrency=4):
        await receiver.wait_for(4, path="/hang")
        began = time.monotonic()
        for _ in range(20):
            await outcomes.delivery(receiver.url("/ok"))
        await receiver.wait_for(20, path="/ok", timeout_s=10)
        assert time.monotonic() - began < 5
        assert len(receiver.to("/hang")) == 4
        late = await pool.fetchval(
            "SELECT count(*) FROM webhook_deliveries WHERE state = 'pending' AND attempts = 0"
        )
        assert late >= 146
