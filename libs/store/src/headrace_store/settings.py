"""Where the record and the bytes are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class PostgresSettings:
    """How to reach Postgres 15 or newer."""

    #: postgresql://user:password@host:port/database
    url: str
    pool_min: int = 1
    pool_max: int = 8
    #: How long a caller waits for a free connection.
    acquire_timeout_s: float = 10.0
    statement_timeout_s: float = 30.0
    connect_timeout_s: float = 10.0
