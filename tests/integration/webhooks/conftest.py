"""The webhooks service in this process, on a real NATS and a real Postgres, against a hostile receiver."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import asyncpg
import pytest
from tests.support.outcomes import Outcomes
from tests.support.receiver import Receiver, receiving
from tests.support.waiting import until

from headrace_runtime.process import Stop
from headrace_store.migrate import migrate
from headrace_store.postgres import Pool, open_pool
from headrace_store.settings import PostgresSettings
from headrace_webhooks import bootstrap
from headrace_webhooks.settings import WebhooksSettings

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

Serve = Callable[..., AbstractAsyncContextManager[None]]


@pytest.fixture
async def pool(empty_database: str) -> AsyncIterator[Pool]:
    await migrate(empty_database)
    opened = await open_pool(PostgresSettings(url=empty_database, pool_max=4), application_name="test")
    yield opened
    await opened.close()


@pytest.fixture
def outcomes(pool: Pool) -> Outcomes:
    return Outcomes(pool=pool)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


@asynccontextmanager
async def serving(*, resolver: Any = None, **settings: Any) -> AsyncIterator[None]:
    """The service; leaving the block stops it gracefully."""
    chosen: dict[str, Any] = {
        "webhook_secret": SECRET,
        "allow_loopback_webhooks": True,
        "webhook_relay_every_s": 0.1,
    }
    stop = Stop()
    task = asyncio.create_task(
        bootstrap.run(WebhooksSettings(**(chosen | settings)), stop, resolver=resolver)
    )
    try:
        yield
    finally:
        stop.request("the test is over")
        async with asyncio.timeout(20):
            await task


@pytest.fixture
def serve(nats_url: str, empty_database: str) -> Serve:
    """Start the service, with other settings where named."""

    def start(**settings: Any) -> AbstractAsyncContextManager[None]:
        return serving(**({"nats_url": nats_url, "postgres_url": empty_database} | settings))

    return start


@pytest.fixture
def delivery_of(pool: Pool) -> Callable[..., Any]:
    """Wait until a delivery has had so many attempts, or is in a state; returns its row."""

    async def wait(delivery_id: Any, *, state: str | None = None, attempts: int = 0) -> asyncpg.Record:
        async def ask() -> asyncpg.Record | None:
            return await pool.fetchrow("SELECT * FROM webhook_deliveries WHERE id = $1", delivery_id)

        row = await until(
            ask,
            lambda row: (
                row is not None and row["state"] == (state or row["state"]) and row["attempts"] >= attempts
            ),
        )
        assert row is not None
        return row

    return wait
