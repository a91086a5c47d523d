"""Migrations of a record that is in use: one migrator at a time, nobody held up for long, nothing half done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from tests.support.waiting import until

from headrace_store import migrate as module
from headrace_store.migrate import MigrationError, migrate
from headrace_store.migration import migrations
from headrace_store.postgres import Connection

NAMES = [migration.name for migration in migrations()]
#: The schema of the version before: what comes after is applied while it is in use.
OLD = 3


@asynccontextmanager
async def session(url: str, name: str = "test") -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(url, server_settings={"application_name": name})
    try:
        yield connection
    finally:
        await connection.close()


async def applied(url: str) -> list[str]:
    async with session(url) as connection:
        rows = await connection.fetch("SELECT name FROM migrations ORDER BY number")
    return [row["name"] for row in rows]


@pytest.fixture
async def old_record(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A record of the version before."""
    with monkeypatch.context() as patch:
        patch.setattr(module, "migrations", lambda: migrations()[:OLD])
        await migrate(empty_database)
    return empty_database


async def test_of_several_migrators_at_once_each_migration_is_applied_by_one(empty_database: str) -> None:
    """Also those that build indexes beside the writes, and wait for every statement under way meanwhile."""
    done = await asyncio.gather(*(migrate(empty_database) for _ in range(4)))
    assert sorted(name for names in done for name in names) == NAMES
    assert await applied(empty_database) == NAMES
    assert await migrate(empty_database) == []


async def test_a_migrator_that_waits_too_long_names_the_other_one(empty_database: str) -> None:
    async with session(empty_database, "somebody-else") as other:
        await other.execute("SELECT pg_advisory_lock($1)", module._LOCK)
        with pytest.raises(MigrationError, match=rf"pid {other.get_server_pid()}, somebody-else"):
            await migrate(empty_database, patience_s=0.5)


async def test_a_migration_gives_up_behind_a_long_transaction_and_works_when_repeated(
    old_record: str,
) -> None:
    async with session(old_record, "monthly-report") as report, session(old_record) as service:
        async with report.transaction():
            # By then the migration has changed jobs, which is undone.
            await report.fetch("SELECT count(*) FROM accounts")
            migrating = asyncio.create_task(migrate(old_record, lock_timeout_s=1.0))
            # Everybody stands in line behind the migration, but only for as long as it may wait.
            async with asyncio.timeout(10):
                while not migrating.done():
                    await service.fetch("SELECT id FROM jobs LIMIT 1")
            with pytest.raises(MigrationError) as caught:
                await migrating
        message = str(caught.value)
        assert NAMES[OLD] in message
        assert f"pid {report.get_server_pid()}, monthly-report (idle in transaction" in message
        assert "SELECT count(*) FROM accounts" in message
        assert "Nothing of it is applied" in message
        assert await applied(old_record) == NAMES[:OLD]
        new = "SELECT count(*) FROM information_schema.columns WHERE column_name IN ('asked_priority', 'start_by')"
        assert await service.fetchval(new) == 0
    assert await migrate(old_record) == NAMES[OLD:]
    assert await migrate(old_record) == []


async def test_an_index_is_built_beside_writes_and_one_that_was_cut_off_is_built_anew(
    old_record: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_QUIET_LOCK_TIMEOUT_S", 2)
    half_built = "SELECT count(*) FROM pg_index WHERE NOT indisvalid"
    account = "INSERT INTO accounts (id, name) VALUES (gen_random_uuid(), 'a') RETURNING id"
    job = (
        "INSERT INTO jobs (id, account_id, dialect, model, payload, platform, pool, priority, state, created_at,"
        " timeout_s, max_attempts, export) VALUES (gen_random_uuid(), $1, '', '', '{}', '', '', 0, 'queued', now(),"
        " 1, 1, false)"
    )
    quiet = next(migration for migration in migrations() if not migration.in_transaction)
    async with session(old_record, "long-write") as long, session(old_record) as service:
        owner = await service.fetchval(account)
        with monkeypatch.context() as patch:
            up_to = [migration for migration in migrations() if migration.number < quiet.number]
            patch.setattr(module, "migrations", lambda: up_to)
            await migrate(old_record)
        writing = long.transaction()
        await writing.start()
        await long.execute(job, owner)
        migrating = asyncio.create_task(migrate(old_record))
        await until(
            lambda: service.fetchval(half_built), lambda count: count > 0, timeout_s=10, what="half an index"
        )
        # It waits for the long transaction, and nobody waits for it.
        await service.execute("SET statement_timeout = '1s'")
        await service.execute(job, owner)
        with pytest.raises(MigrationError, match=r"long-write .* What it had done by then stays"):
            await migrating
        assert await service.fetchval(half_built) == 1
        assert quiet.name not in await applied(old_record)
        await writing.commit()
        assert quiet.name in await migrate(old_record)
        assert await service.fetchval(half_built) == 0


async def test_a_migration_that_was_changed_is_refused(empty_database: str) -> None:
    await migrate(empty_database)
    async with session(empty_database) as connection:
        await connection.execute("UPDATE migrations SET digest = 'x' WHERE number = 2")
    with pytest.raises(MigrationError, match=rf"{NAMES[1]} was changed after it was applied"):
        await migrate(empty_database)
