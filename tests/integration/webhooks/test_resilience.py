"""Messages, servers and the service itself get lost; deliveries do not."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from nats.aio.client import Client
from tests.integration.webhooks.conftest import SECRET, Serve, serving
from tests.support.outcomes import Outcomes
from tests.support.receiver import Receiver
from tests.support.servers import RealServer
from tests.support.waiting import until

from headrace.embedded.postgres import PostgresServer
from headrace_contracts.bus.streams import HOOKS
from headrace_runtime.jetstream.client import JetStream
from headrace_store.migrate import migrate
from headrace_store.outbox.outbox import take_due_deliveries
from headrace_store.postgres import Pool, open_pool
from headrace_store.settings import PostgresSettings


@asynccontextmanager
async def process(nats_url: str, postgres_url: str, **env: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The service as a process of its own, killed at the end if it still runs."""
    environment = os.environ | {
        "HEADRACE_NATS_URL": nats_url, "HEADRACE_POSTGRES_URL": postgres_url, "HEADRACE_WEBHOOK_SECRET": SECRET,
        "HEADRACE_ALLOW_LOOPBACK_WEBHOOKS": "true", "HEADRACE_WEBHOOK_RELAY_GRACE_S": "1", **env,
    }  # fmt: skip
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "headrace_webhooks", env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def test_a_lost_message_is_relayed_again(
    serve: Serve, outcomes: Outcomes, receiver: Receiver, delivery_of: Any, pool: Pool
) -> None:
    delivery_id = await outcomes.delivery(receiver.url("/ok"))
    (due,) = await take_due_deliveries(pool, limit=10, grace_s=1)
    assert due.id == delivery_id
    assert await take_due_deliveries(pool, limit=10, grace_s=1) == []
    async with serve():
        await delivery_of(delivery_id, state="delivered")
    assert receiver.ids() == {str(delivery_id): 1}


async def test_the_stream_refuses_a_delivery_that_it_still_holds(
    outcomes: Outcomes, receiver: Receiver, pool: Pool, js: JetStream
) -> None:
    await js.ensure_stream(HOOKS)
    await outcomes.delivery(receiver.url("/ok"))
    for attempt in range(3):
        (due,) = await take_due_deliveries(pool, limit=10, grace_s=0)
        (result,) = await js.publish_many([(due.subject, due.body, None, None)])
        assert getattr(result, "already_there", False) is (attempt > 0)
    assert (await js.nc.jsm().stream_info("HOOKS")).state.messages == 1


async def test_two_services_side_by_side_send_each_delivery_once(
    serve: Serve, outcomes: Outcomes, receiver: Receiver, pool: Pool
) -> None:
    expected = {str(await outcomes.delivery(receiver.url(f"/ok/{number % 3}"))) for number in range(120)}
    async with serve(), serve():
        await until(
            lambda: pool.fetchval("SELECT count(*) FROM webhook_deliveries WHERE state = 'delivered'"),
            lambda count: count == len(expected),
        )
    assert receiver.ids() == dict.fromkeys(expected, 1)


async def test_a_graceful_stop_hands_over_what_does_not_end(
    serve: Serve, outcomes: Outcomes, receiver: Receiver, delivery_of: Any
) -> None:
    delivery_id = await outcomes.delivery(receiver.url("/hold"))
    async with serve(webhook_drain_s=0.1):
        await receiver.wait_for(1)
    receiver.released.set()
    async with serve():
        row = await delivery_of(delivery_id, state="delivered")
    assert row["attempts"] == 1
    assert receiver.ids() == {str(delivery_id): 2}


async def test_a_graceful_stop_lets_deliveries_end(
    serve: Serve, outcomes: Outcomes, receiver: Receiver, delivery_of: Any
) -> None:
    delivery_id = await outcomes.delivery(receiver.url("/hold"))
    async with serve():
        await receiver.wait_for(1)
        asyncio.get_running_loop().call_later(0.3, receiver.released.set)
    assert (await delivery_of(delivery_id, state="delivered"))["attempts"] == 1
    assert len(receiver.requests) == 1


async def test_killed_in_the_middle_and_the_streams_wiped(
    nats_url: str, empty_database: str, outcomes: Outcomes, receiver: Receiver, delivery_of: Any, nc: Client
) -> None:
    delivery_id = await outcomes.delivery(receiver.url("/hold"))
    async with process(nats_url, empty_database) as first:
        await receiver.wait_for(1)
        first.kill()
        await first.wait()
    await nc.jsm().delete_stream("HOOKS")
    receiver.released.set()
    async with process(nats_url, empty_database) as second:
        await delivery_of(delivery_id, state="delivered")
        second.terminate()
        assert await second.wait() == 0
    assert receiver.ids() == {str(delivery_id): 2}


async def test_the_streams_are_wiped_under_a_running_service(
    serve: Serve, outcomes: Outcomes, receiver: Receiver, delivery_of: Any, nc: Client
) -> None:
    async with serve(webhook_relay_grace_s=1):
        await delivery_of(await outcomes.delivery(receiver.url("/ok")), state="delivered")
        await nc.jsm().delete_stream("HOOKS")
        await delivery_of(await outcomes.delivery(receiver.url("/ok")), state="delivered")
    assert len(receiver.requests) == 2


async def test_the_record_goes_away_while_a_delivery_is_under_way(
    nats_url: str, own_postgres: RealServer[PostgresServer], receiver: Receiver
) -> None:
    url = own_postgres.program.url
    await migrate(url)
    pool = await open_pool(PostgresSettings(url=url, pool_min=0), application_name="test")
    delivery_id = await Outcomes(pool=pool).delivery(receiver.url("/hold"))
    await pool.close()
    async with serving(nats_url=nats_url, postgres_url=url):
        await receiver.wait_for(1)
        await own_postgres.kill()
        receiver.released.set()
        await own_postgres.start()
        pool = await open_pool(PostgresSettings(url=url, pool_min=0), application_name="test")
        await until(
            lambda: pool.fetchval("SELECT state FROM webhook_deliveries WHERE id = $1", delivery_id),
            lambda state: state == "delivered",
        )
        assert await pool.fetchval("SELECT count(*) FROM webhook_attempts") == 1
        await pool.close()
    assert receiver.ids() == {str(delivery_id): 1}
