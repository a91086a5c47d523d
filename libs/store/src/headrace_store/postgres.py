"""The connection pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import asyncpg

from headrace_store.settings import PostgresSettings

#: What asyncpg hands out from a pool, and what a repository works on.
if TYPE_CHECKING:  # these classes take their parameter in the stubs only
    Connection: TypeAlias = (
        asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    )
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
else:
    Connection = asyncpg.Connection
    Pool = asyncpg.Pool

#: Failures after which the same call may succeed: the server is away, restarts, or two batches met.
TRANSIENT: tuple[type[BaseException], ...] = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
)


class _PlainConnection(asyncpg.Connection):
    """A connection whose session is not cleared when it goes back to the pool.

    We set nothing on it that outlives a transaction, and clearing is a round trip to the server after every query. A
    transaction that was left open is still rolled back.
    """

    def get_reset_query(self) -> str:
        return ""


async def open_pool(settings: PostgresSettings, *, application_name: str) -> Pool:
    """Open a pool of connections that commit durably and give up on a statement after its timeout."""
    pool = await asyncpg.create_pool(
        settings.url,
        min_size=settings.pool_min,
        max_size=settings.pool_max,
        timeout=settings.connect_timeout_s,
        command_timeout=settings.statement_timeout_s,
        connection_class=_PlainConnection,
        server_settings={
            "application_name": application_name,
            "timezone": "UTC",
            # Planning a batch statement costs more than running it; the plans don't depend on the values.
            "plan_cache_mode": "force_generic_plan",
            "jit": "off",
            # Every query of ours goes by an index. A plan made while a table was nearly empty must not read all of
            # it, for each batch, when it is large.
            "enable_seqscan": "off",
            "enable_hashjoin": "off",
            "enable_mergejoin": "off",
        },
    )
    assert pool is not None  # noqa: S101 -- create_pool returns None only for a pool that closes at once
    return pool
