"""Migrations: numbered ``.sql`` files, applied in order, each in a transaction of its own, or, where its first line
says so, statement by statement outside of one (ADR 0028).

One process at a time (advisory lock); a migration that would wait behind a long query gives up instead of making
all queries behind it wait (lock and statement timeouts).
"""

from __future__ import annotations

import asyncio
import logging

import asyncpg

from headrace_store.lock_holders import advisory_holder, watching
from headrace_store.migration import Migration, index_made_by, migrations
from headrace_store.postgres import Connection

log = logging.getLogger(__name__)

__all__ = ["Migration", "MigrationError", "migrate", "migrations"]

_LOCK = 0x48_45_41_44  # «HEAD»: no other user of this database takes it
_POLL_S = 0.2
#: How long to wait for another migrator.
_PATIENCE_S = 240.0
_LOCK_TIMEOUT_S = 4
_STATEMENT_TIMEOUT_S = 60
#: An index that is built beside the writes waits for the transactions that it met, and holds nobody up meanwhile.
_QUIET_LOCK_TIMEOUT_S = 60


class MigrationError(RuntimeError):
    """The record could not be brought up to date; the text says why, and the way out."""


async def migrate(
    url: str, *, lock_timeout_s: float = _LOCK_TIMEOUT_S, patience_s: float = _PATIENCE_S
) -> list[str]:
    """Bring the database at ``url`` up to date; returns the names of what was applied.

    ``lock_timeout_s``: how long a migration may stand in line for a lock, with everybody else behind it;
    ``patience_s``: how long to wait while another process migrates.

    Raises MigrationError when a migration that was applied has been changed since, when another process holds a lock
    for too long, or a statement takes too long. Then nothing of the migration that it names is applied, or, outside of
    a transaction, nothing that a repetition would stumble over.
    """
    connection = await asyncpg.connect(
        url, timeout=10, server_settings={"application_name": "headrace-migrate"}
    )
    try:
        await _our_turn(connection, patience_s)
        todo = await _todo(connection)
        if not todo:
            return []
        async with watching(url, connection.get_server_pid()) as blockers:
            for migration in todo:
                try:
                    await _apply(connection, migration, lock_timeout_s)
                except asyncpg.LockNotAvailableError as error:
                    raise MigrationError(
                        f"migration {migration.name} gave up waiting for a lock: {blockers}. {_left(migration)} Let "
                        "that session end, or end it (SELECT pg_terminate_backend(pid)), and run migrate again"
                    ) from error
                except asyncpg.QueryCanceledError as error:
                    raise MigrationError(
                        f"migration {migration.name} took longer than {_STATEMENT_TIMEOUT_S} s. {_left(migration)} Run "
                        "migrate again when the database has less to do"
                    ) from error
                log.info(
                    "migration applied", extra={"action": "migration.applied", "migration": migration.name}
                )
        return [migration.name for migration in todo]
    finally:
        await connection.close()


def _left(migration: Migration) -> str:
    if migration.in_transaction:
        return "Nothing of it is applied."
    return "What it had done by then stays, and is not done again."


async def _our_turn(connection: Connection, patience_s: float) -> None:
    """Take the lock of migrators.

    By asking again and again: a statement that waits has a snapshot, and an index that the other one builds beside the
    writes waits for everybody who has one, so that both would wait for each other.
    """
    loop = asyncio.get_running_loop()
    deadline, told = loop.time() + patience_s, False
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
        holder = await advisory_holder(connection, _LOCK)
        if loop.time() >= deadline:
            raise MigrationError(
                f"another process migrates for more than {patience_s:g} s: {holder}. Let it end, or end it, and run "
                "migrate again"
            )
        if not told and holder:
            log.warning("waiting for another migration: %s", holder, extra={"action": "migration.wait"})
            told = True
        await asyncio.sleep(_POLL_S)


async def _todo(connection: Connection) -> list[Migration]:
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS migrations ("
        "number integer PRIMARY KEY, name text NOT NULL, digest text NOT NULL,"
        "applied_at timestamptz NOT NULL DEFAULT now())"
    )
    rows = await connection.fetch("SELECT number, digest FROM migrations")
    applied = {row["number"]: row["digest"] for row in rows}
    todo = []
    for migration in migrations():
        if migration.number not in applied:
            todo.append(migration)
        elif applied[migration.number] != migration.digest:
            raise MigrationError(
                f"migration {migration.name} was changed after it was applied; add a new one instead"
            )
    return todo


async def _apply(connection: Connection, migration: Migration, lock_timeout_s: float) -> None:
    if not migration.in_transaction:
        await _apply_quietly(connection, migration)
        return
    async with connection.transaction():
        await connection.execute(
            f"SET LOCAL lock_timeout = '{int(lock_timeout_s * 1000)}ms';"
            f"SET LOCAL statement_timeout = '{_STATEMENT_TIMEOUT_S}s'"
        )
        await connection.execute(migration.sql)
        await _note(connection, migration)


async def _apply_quietly(connection: Connection, migration: Migration) -> None:
    """Statement by statement, without a limit on how long each takes: none of them holds up reads or writes."""
    await connection.execute(f"SET lock_timeout = '{_QUIET_LOCK_TIMEOUT_S}s'; SET statement_timeout = 0")
    try:
        for statement in migration.statements():
            index = index_made_by(statement)
            if index is not None and await _invalid(connection, index):
                await connection.execute(f"DROP INDEX CONCURRENTLY {index}")
            await connection.execute(statement)
    finally:
        await connection.execute("RESET lock_timeout; RESET statement_timeout")
    await _note(connection, migration)


async def _invalid(connection: Connection, index: str) -> bool:
    """Whether an earlier try left the index half built: it costs every write and serves no query."""
    found = await connection.fetchval(
        "SELECT NOT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)", index
    )
    return bool(found)


async def _note(connection: Connection, migration: Migration) -> None:
    await connection.execute(
        "INSERT INTO migrations (number, name, digest) VALUES ($1, $2, $3)",
        migration.number, migration.name, migration.digest,
    )  # fmt: skip
