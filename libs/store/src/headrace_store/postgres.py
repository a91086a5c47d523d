"""The connection pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

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
    # What asyncpg says of a connection on which the server has said that it goes away, until the connection is closed.
    asyncpg.InternalClientError,
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


class _ImpatientPool(asyncpg.Pool):
    """A pool that hands out a connection soon or raises TimeoutError.

    asyncpg's own waits as long as it takes, also inside of ``fetch`` and the like: while the server hangs, callers
    would pile up without end. The same time bounds the wait for a cancelled statement at ``release``.
    """

    #: How long ``acquire`` waits, in seconds.
    patience_s: float

    def acquire(self, *, timeout: float | None = None) -> Any:
        return super().acquire(timeout=self.patience_s if timeout is None else timeout)


async def open_pool(settings: PostgresSettings, *, application_name: str) -> Pool:
    """Open a pool of connections that commit durably; every wait for the server has an end.

    While the server does not answer, a call raises TimeoutError, which is one of ``TRANSIENT``: after
    ``acquire_timeout_s`` without a free connection, or ``statement_timeout_s`` after the statement was sent.
    """
    # What ``asyncpg.create_pool`` makes, but of our own kind.
    pool = _ImpatientPool(
        settings.url,
        min_size=settings.pool_min,
        max_size=settings.pool_max,
        max_queries=50_000,
        max_inactive_connection_lifetime=300.0,
        loop=None,
        record_class=asyncpg.Record,
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
    pool.patience_s = settings.acquire_timeout_s
    await pool
    return pool
