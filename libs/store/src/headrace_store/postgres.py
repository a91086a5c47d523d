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
    """A connection that is not reset when it goes back to the pool: we set nothing on it that outlives a transaction,
    and the reset is a round trip to the server after every single query.
    """

    def get_reset_query(self) -> str:
        return ""


async def open_pool(settings: PostgresSettings, *, application_name: str, reset: bool = True) -> Pool:
    """Open a pool of connections that commit durably and give up on a statement after its timeout.

    ``reset=False`` spares the round trip that clears a connection's session whenever it goes back: for a process
    that sets nothing in a session and takes no session locks.
    """
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
        reset=None if reset else _keep,
    )
    assert pool is not None  # noqa: S101 -- create_pool returns None only for a pool that closes at once
    return pool


async def _keep(_connection: Connection) -> None:
    """Nothing in the session needs clearing."""
