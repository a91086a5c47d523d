"""Fixtures over the real servers. A session starts each server once, when the first test asks for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

# Imported where needed: unit tests load this file too and shall not load the servers' clients.
if TYPE_CHECKING:
    from nats.aio.client import Client
    from tests.support.servers import RealServer, S3Access
    from tests.support.site import Site

    from headrace.embedded.nats import NatsServer
    from headrace.embedded.postgres import PostgresServer
    from headrace.embedded.s3 import S3Server
    from headrace_runtime.jetstream.client import JetStream

_SHARED_SITE = pytest.StashKey["Site"]()


@pytest.fixture(scope="session")
def session_nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer[NatsServer]]:
    """The session's NATS; a test takes ``nats_url``, which cleans up behind it."""
    from tests.support.servers import nats_server, started

    with started(nats_server(tmp_path_factory.mktemp("nats"))) as server:
        yield server


@pytest.fixture(scope="session")
def session_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer[PostgresServer]]:
    """The session's Postgres; a test takes ``empty_database``, or a copy of a migrated template."""
    from tests.support.servers import postgres_server, started

    with started(postgres_server(tmp_path_factory.mktemp("postgres"))) as server:
        yield server


@pytest.fixture(scope="session")
def session_s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer[S3Server]]:
    """The session's S3; a test takes ``bucket``."""
    from tests.support.servers import s3_server, started

    with started(s3_server(tmp_path_factory.mktemp("s3"))) as server:
        yield server


@pytest.fixture
async def nats_url(session_nats: RealServer[NatsServer]) -> AsyncIterator[str]:
    """A NATS without streams. All streams are deleted after the test."""
    import nats
    from tests.support.servers import delete_streams

    yield session_nats.program.url
    nc = await nats.connect(session_nats.program.url)
    try:
        await delete_streams(nc)
    finally:
        await nc.close()


@pytest.fixture
async def own_nats(tmp_path: Path) -> AsyncIterator[RealServer[NatsServer]]:
    """A NATS of the test's own, to stop, kill and restart."""
    from tests.support.servers import nats_server, running

    async with running(nats_server(tmp_path)) as server:
        yield server


@pytest.fixture
async def own_postgres(tmp_path: Path) -> AsyncIterator[RealServer[PostgresServer]]:
    """A Postgres of the test's own, to stop, kill and restart."""
    from tests.support.servers import postgres_server, running

    async with running(postgres_server(tmp_path)) as server:
        yield server


@pytest.fixture
async def own_s3(tmp_path: Path) -> AsyncIterator[RealServer[S3Server]]:
    """An S3 server of the test's own, to stop, kill and restart."""
    from tests.support.servers import running, s3_server

    async with running(s3_server(tmp_path)) as server:
        yield server


@pytest.fixture
async def nc(nats_url: str) -> AsyncIterator[Client]:
    """A connection to the session's NATS, as the product makes it."""
    from headrace_runtime.nats import connect
    from headrace_runtime.settings import NatsSettings

    client = await connect(NatsSettings(nats_url=nats_url), "test")
    yield client
    await client.close()


@pytest.fixture
async def js(nc: Client) -> AsyncIterator[JetStream]:
    """JetStream over ``nc``."""
    from headrace_runtime.jetstream.client import JetStream

    jetstream = await JetStream.open(nc)
    yield jetstream
    await jetstream.close()


@pytest.fixture
async def empty_database(session_postgres: RealServer[PostgresServer]) -> AsyncIterator[str]:
    """The URL of a database without tables, dropped after the test."""
    from tests.support.servers import create_database, database_url, drop_database

    name = await create_database(session_postgres)
    yield database_url(session_postgres, name)
    await drop_database(session_postgres, name)


@pytest.fixture
async def bucket(session_s3: RealServer[S3Server]) -> S3Access:
    """An empty bucket of the test's own."""
    from tests.support.servers import create_bucket

    return await create_bucket(session_s3)


@pytest.fixture(scope="session")
def record_template(session_postgres: RealServer[PostgresServer]) -> str:
    """The name of a migrated database without rows of ours, to be copied."""
    from tests.support.servers import migrated_template, run_apart

    from headrace_store.migrate import migrate

    async def prepare(url: str) -> None:
        await migrate(url)

    return run_apart(migrated_template(session_postgres, prepare))


@pytest.fixture
async def record_url(
    session_postgres: RealServer[PostgresServer], record_template: str
) -> AsyncIterator[str]:
    """The URL of a migrated record of the test's own, dropped after the test."""
    from tests.support.servers import create_database, database_url, drop_database

    name = await create_database(session_postgres, template=record_template)
    yield database_url(session_postgres, name)
    await drop_database(session_postgres, name)


@pytest.fixture(scope="module", autouse=True)
def nothing_left_on_the_site(request: pytest.FixtureRequest) -> Iterator[None]:
    """Claims take the oldest job of all accounts: what a module leaves on the shared site ends with the module."""
    yield
    site = request.config.stash.get(_SHARED_SITE, None)
    if site is not None:
        from tests.support.record import end_all_jobs
        from tests.support.servers import run_apart

        run_apart(end_all_jobs(site.record_url))


@pytest.fixture(scope="session")
def site(
    request: pytest.FixtureRequest,
    session_postgres: RealServer[PostgresServer],
    session_s3: RealServer[S3Server],
    record_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """A real API with a real dispatcher, NATS, Postgres and S3, for clients of every dialect that knows accounts."""
    from tests.support.site import site_apart

    with site_apart(session_postgres, session_s3, record_template, tmp_path_factory.mktemp("site")) as found:
        request.config.stash[_SHARED_SITE] = found
        yield found
        del request.config.stash[_SHARED_SITE]
