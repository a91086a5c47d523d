"""The servers that the other tests stand on."""

from __future__ import annotations

import asyncpg
from tests.support.servers import (
    RealServer,
    S3Access,
    create_database,
    database_url,
    drop_database,
    migrated_template,
    s3_client,
)

from headrace.embedded.nats import NatsServer
from headrace.embedded.postgres import PostgresServer


async def _one(url: str, query: str) -> object:
    connection = await asyncpg.connect(url, ssl=False)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_a_database_is_a_copy_of_the_migrated_template(
    session_postgres: RealServer[PostgresServer],
) -> None:
    async def migrate(url: str) -> None:
        await _one(url, "CREATE TABLE thing AS SELECT 42 AS answer")

    template = await migrated_template(session_postgres, migrate)
    copy = await create_database(session_postgres, template=template)
    try:
        assert await _one(database_url(session_postgres, copy), "SELECT answer FROM thing") == 42
        await _one(database_url(session_postgres, copy), "DROP TABLE thing")
        assert await _one(database_url(session_postgres, template), "SELECT answer FROM thing") == 42
    finally:
        await drop_database(session_postgres, copy)
        await drop_database(session_postgres, template)


async def test_a_killed_postgres_comes_back_with_its_data(own_postgres: RealServer[PostgresServer]) -> None:
    url = own_postgres.program.url
    await _one(url, "CREATE TABLE kept AS SELECT 7 AS n")
    first = own_postgres.runner.pid
    await own_postgres.restart(crash=True)
    assert own_postgres.runner.pid != first
    assert await _one(url, "SELECT n FROM kept") == 7


async def test_two_databases_know_nothing_of_each_other(
    empty_database: str, session_postgres: RealServer[PostgresServer]
) -> None:
    await _one(empty_database, "CREATE TABLE mine (n int)")
    other = await create_database(session_postgres)
    try:
        found = await _one(database_url(session_postgres, other), "SELECT to_regclass('mine')")
        assert found is None
    finally:
        await drop_database(session_postgres, other)


async def test_a_bucket_keeps_what_is_put_into_it(bucket: S3Access) -> None:
    async with s3_client(bucket) as client:
        await client.put_object(Bucket=bucket.bucket, Key="a/b.txt", Body=b"hello")
        answer = await client.get_object(Bucket=bucket.bucket, Key="a/b.txt")
        assert await answer["Body"].read() == b"hello"


async def test_nats_keeps_its_port_over_a_crash(own_nats: RealServer[NatsServer]) -> None:
    url, first = own_nats.program.url, own_nats.runner.pid
    await own_nats.restart(crash=True)
    assert own_nats.program.url == url
    assert own_nats.runner.pid not in {None, first}
    assert (await own_nats.program.probe()).ready
