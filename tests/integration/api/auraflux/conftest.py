"""A site with auraflux, and an agent that is played by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from tests.integration.api.auraflux.client import Client
from tests.integration.api.auraflux.studio import Studio
from tests.support.dispatching import FakeAgent
from tests.support.record import pool_of
from tests.support.servers import (
    RealServer,
    create_bucket,
    create_database,
    database_url,
    nats_server,
    run_apart,
    started,
)
from tests.support.site import Site
from tests.support.site import site as running_site

from headrace.embedded.postgres import PostgresServer
from headrace.embedded.s3 import S3Server
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.nats import connect
from headrace_runtime.settings import NatsSettings
from headrace_store.blobs.s3 import S3Blobs, open_blobs
from headrace_store.blobs.settings import S3Settings
from headrace_store.postgres import Pool

MAX_VIDEO_BYTES = 3_000_000


@pytest.fixture(scope="module")
def site(
    session_postgres: RealServer[PostgresServer],
    session_s3: RealServer[S3Server],
    record_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """A site that takes small videos only."""
    folder = tmp_path_factory.mktemp("auraflux")
    with started(nats_server(folder)) as nats:
        record = database_url(
            session_postgres, run_apart(create_database(session_postgres, template=record_template))
        )
        with running_site(
            folder,
            nats_url=nats.program.url,
            record_url=record,
            bucket=run_apart(create_bucket(session_s3)),
            env={"HEADRACE_MAX_VIDEO_BYTES": str(MAX_VIDEO_BYTES)},
        ) as found:
            yield found


@pytest.fixture
async def pool(site: Site) -> AsyncIterator[Pool]:
    """The site's record."""
    async with pool_of(site.record_url) as found:
        yield found


@pytest.fixture
async def blobs(site: Site) -> AsyncIterator[S3Blobs]:
    """The site's bucket."""
    access = site.bucket
    settings = S3Settings(
        endpoint_url=access.endpoint_url,
        access_key=access.access_key,
        secret_key=access.secret_key,
        bucket=access.bucket,
        region=access.region,
    )
    async with open_blobs(settings) as found:
        yield found


@pytest.fixture
async def studio(site: Site, blobs: S3Blobs) -> AsyncIterator[Studio]:
    """An agent that makes videos."""
    nc = await connect(NatsSettings(nats_url=site.nats_url), "test")
    js = await JetStream.open(nc)
    yield Studio(FakeAgent(js, "studio-1"), blobs)
    await js.close()
    await nc.close()


@pytest.fixture
async def client(site: Site) -> AsyncIterator[Client]:
    """An account with 60 credits and its key."""
    async with aiohttp.ClientSession() as session:
        yield Client(site.url, session, await site.account(credits=60))
