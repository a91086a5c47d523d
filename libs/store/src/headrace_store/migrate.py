"""Migrations: numbered ``.sql`` files, applied in order, each in a transaction of its own.

One process at a time (advisory lock); a migration that would wait behind a long query gives up instead of making
all queries behind it wait (lock and statement timeouts).
"""

from __future__ import annotations

import hashlib
import logging
import re
from dataclasses import dataclass
from importlib.resources import files

import asyncpg

log = logging.getLogger(__name__)

_NAME = re.compile(r"(\d{4})_(pre|post)_([a-z0-9_]+)\.sql")
_LOCK = 0x48_45_41_44  # «HEAD»: no other user of this database takes it


@dataclass(frozen=True, kw_only=True, slots=True)
class Migration:
    """One file: ``NNNN_{pre|post}_what.sql``; pre = safe before the new code runs, post = after."""

    number: int
    name: str
    sql: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations() -> list[Migration]:
    """All migrations in order.

    Raises ValueError for a file name of another form or a number that stands twice.
    """
    found = []
    for entry in (files("headrace_store") / "migrations").iterdir():
        if not entry.name.endswith(".sql"):
            continue
        match = _NAME.fullmatch(entry.name)
        if match is None:
            raise ValueError(f"migration {entry.name!r} is not named NNNN_pre_what.sql or NNNN_post_what.sql")
        found.append(Migration(number=int(match[1]), name=entry.name, sql=entry.read_text(encoding="utf-8")))
    found.sort(key=lambda migration: migration.number)
    if len({migration.number for migration in found}) != len(found):
        raise ValueError("two migrations have the same number")
    return found


async def migrate(url: str) -> list[str]:
    """Bring the database at ``url`` up to date; returns the names of what was applied.

    Raises RuntimeError when a migration that was applied has been changed since.
    """
    connection = await asyncpg.connect(url, timeout=10)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations ("
            "number integer PRIMARY KEY, name text NOT NULL, digest text NOT NULL,"
            "applied_at timestamptz NOT NULL DEFAULT now())"
        )
        rows = await connection.fetch("SELECT number, digest FROM migrations")
        applied = {row["number"]: row["digest"] for row in rows}
        done = []
        for migration in migrations():
            if migration.number in applied:
                if applied[migration.number] != migration.digest:
                    raise RuntimeError(
                        f"migration {migration.name} was changed after it was applied; add a new one instead"
                    )
                continue
            async with connection.transaction():
                await connection.execute("SET LOCAL lock_timeout = '4s'; SET LOCAL statement_timeout = '60s'")
                await connection.execute(migration.sql)
                await connection.execute(
                    "INSERT INTO migrations (number, name, digest) VALUES ($1, $2, $3)",
                    migration.number, migration.name, migration.digest,
                )  # fmt: skip
            log.info("migration applied", extra={"action": "migration.applied", "migration": migration.name})
            done.append(migration.name)
        return done
    finally:
        await connection.close()
