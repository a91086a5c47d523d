"""The publisher in this process, on a real NATS, Postgres and S3."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.support.outcomes import Outcomes
from tests.support.publications import SITE_KEY, Publications
from tests.support.servers import S3Access

from headrace_publisher import bootstrap
from headrace_publisher.settings import PublisherSettings
from headrace_runtime.process import Stop
from headrace_store.migrate import migrate
from headrace_store.postgres import Pool, open_pool
from headrace_store.settings import PostgresSettings


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
def publications(pool: Pool, bucket: S3Access) -> Publications:
    return Publications(pool=pool, bucket=bucket)


@asynccontextmanager
async def serving(
    nats_url: str, postgres_url: str, s3: S3Access, *, resolver: Any = None, **settings: Any
) -> AsyncIterator[None]:
    """The service; leaving the block stops it gracefully."""
    stop = Stop()
    chosen: dict[str, Any] = {
        "nats_url": nats_url, "postgres_url": postgres_url, "s3_endpoint_url": s3.endpoint_url,
        "s3_access_key": s3.access_key, "s3_secret_key": s3.secret_key, "s3_bucket": s3.bucket,
        "s3_region": s3.region, "export_relay_every_s": 0.1, "publish_relay_every_s": 0.1,
        "publish_relay_grace_s": 1.0, "publish_retry_s": 0.2, "secret_key": SITE_KEY, "allow_loopback_webhooks": True,
    }  # fmt: skip
    task = asyncio.create_task(
        bootstrap.run(PublisherSettings(**(chosen | settings)), stop, resolver=resolver)
    )
    try:
        yield
    finally:
        stop.request("the test is over")
        async with asyncio.timeout(20):
            await task
