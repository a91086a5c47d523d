"""Who stands in the way of a migration, in words for people."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg

from headrace_store.postgres import Connection
from headrace_store.queries import load

SQL = load("headrace_store", "lock_holders.sql")

_LOOK_EVERY_S = 0.25


def _described(row: asyncpg.Record) -> str:
    who = f"pid {row['pid']}, {row['application_name'] or 'no name'}"
    since = "" if row["since_s"] is None else f", in its transaction for {row['since_s']:.0f} s"
    query = " ".join((row["query"] or "").split())[:120]
    return f"{who} ({row['state'] or 'state not shown'}{since}): {query or 'query not shown'}"


async def advisory_holder(connection: Connection, key: int) -> str | None:
    """Who holds an advisory lock; None when nobody does."""
    row = await connection.fetchrow(SQL["advisory_holder"], key)
    return None if row is None else _described(row)


@dataclass(kw_only=True, slots=True)
class Watch:
    """The sessions that blocked last, as seen from outside."""

    pid: int
    seen: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "; ".join(self.seen) or "a session that was gone before it could be seen"


@asynccontextmanager
async def watching(url: str, pid: int) -> AsyncIterator[Watch]:
    """Look now and then who blocks the session ``pid``; a session that waits can't look itself."""
    watch = Watch(pid=pid)
    connection = await asyncpg.connect(
        url, timeout=10, server_settings={"application_name": "headrace-migrate"}
    )
    looking = asyncio.create_task(_look(connection, watch))
    try:
        yield watch
    finally:
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking
        await connection.close(timeout=5)


async def _look(connection: Connection, watch: Watch) -> None:
    while True:
        rows = await connection.fetch(SQL["blockers"], watch.pid)
        if rows:
            watch.seen = [_described(row) for row in rows]
        await asyncio.sleep(_LOOK_EVERY_S)
