"""Copies of the record: what one holds, and what is to be done to one before it takes the place of the record."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg

from headrace_store.migration import migrations
from headrace_store.postgres import Connection
from headrace_store.queries import load

SQL = load("headrace_store", "copies.sql")


@dataclass(frozen=True, kw_only=True, slots=True)
class Applied:
    """A migration that a record has."""

    number: int
    name: str
    digest: str


class NewerSchemaError(Exception):
    """The copy is of a record that this version does not know."""


def check_schema(schema: list[Applied]) -> None:
    """Raises NewerSchemaError when a record with these migrations can't be used by this version."""
    ours = {migration.number: migration for migration in migrations()}
    for applied in schema:
        known = ours.get(applied.number)
        if known is None:
            raise NewerSchemaError(
                f"its record has the migration {applied.name}, which this version of Headrace does not know: install "
                "the version that made it, or a newer one"
            )
        if known.digest != applied.digest:
            raise NewerSchemaError(
                f"its record has another migration {applied.name} than this version of Headrace: install the version "
                "that made it"
            )


async def schema_of(connection: Connection) -> list[Applied]:
    """What has been applied, in order."""
    return [
        Applied(number=row["number"], name=row["name"], digest=row["digest"])
        for row in await connection.fetch(SQL["schema"])
    ]


async def jobs_of(connection: Connection) -> dict[str, int]:
    """How many jobs are in each state."""
    return {row["state"]: row["jobs"] for row in await connection.fetch(SQL["jobs"])}


async def objects_of(connection: Connection) -> set[str]:
    """The keys of all objects that the record counts on."""
    return {row["key"] for row in await connection.fetch(SQL["objects"])}


async def settle_in(url: str) -> str:
    """Make a record that was restored to an earlier moment ready, before any service uses it; says what was done.

    Attempts get tokens far beyond all that were handed out since the copy was made, so that an agent that still works
    on one of those is told from the new attempts; agents count as gone until they speak.
    """
    connection = await asyncpg.connect(url, timeout=10)
    try:
        async with connection.transaction():
            jobs = await connection.execute(SQL["skip_ahead"])
            agents = await connection.execute(SQL["all_gone"])
    finally:
        await connection.close(timeout=5)
    return f"{jobs.rpartition(' ')[2]} jobs go on with new tokens, {agents.rpartition(' ')[2]} agents are to report"
