"""Real servers for tests, started the way the product starts them (``headrace.embedded``).

A server is started without an event loop of its own, so that one of a session outlives the loops of the tests.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar
from uuid import uuid4

import aioboto3
import asyncpg
from aiobotocore.config import AioConfig
from nats.aio.client import Client

from headrace.embedded.nats import NatsServer
from headrace.embedded.ports import PortReservation, reserve_port
from headrace.embedded.postgres import PostgresServer
from headrace.embedded.program import Program
from headrace.embedded.runner import Runner
from headrace.embedded.s3 import S3Server

T = TypeVar("T")
P = TypeVar("P", bound=Program)

ACCESS_KEY = "headrace-test"
SECRET_KEY = "headrace-test-secret"
PASSWORD = "headrace-test"


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` on a loop of its own, without touching the loop that pytest-asyncio keeps for the thread."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


@dataclass(kw_only=True)
class RealServer(Generic[P]):
    """One server process on a port that stays its own over restarts."""

    runner: Runner[P]
    _port: PortReservation = field(repr=False)

    @property
    def program(self) -> P:
        return self.runner.program

    async def start(self) -> None:
        self._port.release_for_server()
        await self.runner.start()

    async def stop(self) -> None:
        """End it in good order; its data and its port stay for the next ``start``."""
        await self.runner.stop()

    async def kill(self) -> None:
        """End it as a crash would."""
        await self.runner.kill()

    async def restart(self, *, crash: bool = False) -> None:
        await (self.kill() if crash else self.stop())
        await self.start()

    def close(self) -> None:
        self._port.close()


def _real(directory: Path, name: str, program: Callable[[int], P]) -> RealServer[P]:
    port = reserve_port()
    runner = Runner(program(port.port), log_path=directory / f"{name}.log")
    return RealServer(runner=runner, _port=port)


def nats_server(directory: Path) -> RealServer[NatsServer]:
    """A nats-server with JetStream on disk, not started yet."""
    return _real(directory, "nats", lambda port: NatsServer(directory=directory / "nats", port=port))


def postgres_server(directory: Path) -> RealServer[PostgresServer]:
    """A Postgres without fsync: it survives kill -9 of its processes, which is all that tests do to it."""
    return _real(
        directory,
        "postgres",
        lambda port: PostgresServer(
            directory=directory / "postgres", port=port, password=PASSWORD, fsync=False, shared_buffers_mb=32
        ),
    )


def s3_server(directory: Path) -> RealServer[S3Server]:
    """An S3 server over a folder."""
    return _real(
        directory,
        "s3",
        lambda port: S3Server(
            directory=directory / "s3", port=port, access_key=ACCESS_KEY, secret_key=SECRET_KEY
        ),
    )


@contextmanager
def started(server: RealServer[P]) -> Iterator[RealServer[P]]:
    """Run a server around a block that has no event loop, such as a session fixture."""
    try:
        run_apart(server.start())
        yield server
    finally:
        run_apart(server.stop())
        server.close()


@asynccontextmanager
async def running(server: RealServer[P]) -> AsyncIterator[RealServer[P]]:
    """Run a server around a block, on the caller's event loop."""
    try:
        await server.start()
        yield server
    finally:
        await server.stop()
        server.close()


async def delete_streams(nc: Client) -> None:
    """Leave the server as if new."""
    manager = nc.jsm()
    for info in await manager.streams_info():
        if info.config.name is not None:
            # A stream that is made again under its name right after its deletion has been seen to come up with
            # the old messages (nats-server 2.15.1: the files are removed later), so they go first.
            await manager.purge_stream(info.config.name)
            await manager.delete_stream(info.config.name)


def database_url(server: RealServer[PostgresServer], database: str) -> str:
    """The URL of another database on the server."""
    return server.program.url.rpartition("/")[0] + f"/{database}"


async def execute(server: RealServer[PostgresServer], statement: str) -> None:
    """Run one statement as the superuser, outside of a transaction."""
    connection = await asyncpg.connect(server.program.url, ssl=False)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def create_database(server: RealServer[PostgresServer], *, template: str | None = None) -> str:
    """Make a database with a name of its own, empty or as a copy of ``template``; returns its name."""
    name = f"t_{uuid4().hex}"
    copy = f' TEMPLATE "{template}" STRATEGY FILE_COPY' if template else ""
    await execute(server, f'CREATE DATABASE "{name}"{copy}')
    return name


async def drop_database(server: RealServer[PostgresServer], name: str) -> None:
    """Remove a database, with the connections that a test forgot."""
    await execute(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


async def migrated_template(
    server: RealServer[PostgresServer], migrate: Callable[[str], Awaitable[None]]
) -> str:
    """Make a database, let ``migrate(url)`` fill it, and return its name for ``create_database(template=…)``."""
    name = await create_database(server)
    await migrate(database_url(server, name))
    return name


@dataclass(frozen=True, kw_only=True)
class S3Access:
    """All that a client needs to use one bucket."""

    endpoint_url: str
    access_key: str
    secret_key: str
    region: str
    bucket: str


async def create_bucket(server: RealServer[S3Server]) -> S3Access:
    """Make a bucket with a name of its own."""
    program = server.program
    access = S3Access(
        endpoint_url=program.url,
        access_key=program.access_key,
        secret_key=program.secret_key,
        region=program.region,
        bucket=f"t-{uuid4().hex}",
    )
    async with s3_client(access) as client:
        await client.create_bucket(Bucket=access.bucket)
    return access


@asynccontextmanager
async def s3_client(access: S3Access) -> AsyncIterator[Any]:
    """A plain S3 client, to look at a bucket from outside of the product."""
    session = aioboto3.Session(
        aws_access_key_id=access.access_key,
        aws_secret_access_key=access.secret_key,
        region_name=access.region,
    )
    config = AioConfig(request_checksum_calculation="when_required", s3={"addressing_style": "path"})
    async with session.client("s3", endpoint_url=access.endpoint_url, config=config) as client:
        yield client
