"""Take due deliveries, exports and publications for a relay; several services run one."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from headrace_contracts.bus import subjects
from headrace_contracts.messages.codec import encode
from headrace_contracts.messages.outbox import ExportMessage, HookMessage, PublishMessage
from headrace_store.postgres import Pool
from headrace_store.queries import load

_PACKAGE = "headrace_store.outbox"


@dataclass(frozen=True, kw_only=True, slots=True)
class DueDelivery:
    """A row of ``webhook_deliveries`` that is to be put on HOOKS."""

    id: UUID
    endpoint_id: UUID
    #: How often it was tried so far.
    attempts: int
    #: W3C traceparent of the job.
    trace: str | None

    @property
    def subject(self) -> str:
        """With the delivery's id in it, the stream itself refuses a delivery that it still holds."""
        return f"{subjects.hooks(self.endpoint_id)}.{self.id}"

    @property
    def body(self) -> bytes:
        return encode(HookMessage(delivery_id=self.id, attempts=self.attempts, trace=self.trace))


@dataclass(frozen=True, kw_only=True, slots=True)
class DueExport:
    """A row of ``exports`` that is to be put on PUBLISH."""

    job_id: UUID
    trace: str | None

    @property
    def subject(self) -> str:
        """As for deliveries: the stream refuses an export that it still holds."""
        return f"{subjects.publish('export')}.{self.job_id}"

    @property
    def body(self) -> bytes:
        return encode(ExportMessage(job_id=self.job_id, trace=self.trace))


@dataclass(frozen=True, kw_only=True, slots=True)
class DuePublication:
    """A row of ``publications`` that is to be put on PUBLISH."""

    id: UUID
    trace: str | None

    @property
    def subject(self) -> str:
        """As for deliveries: the stream refuses a publication that it still holds."""
        return f"{subjects.publish('out')}.{self.id}"

    @property
    def body(self) -> bytes:
        return encode(PublishMessage(publication_id=self.id, trace=self.trace))


async def take_due_deliveries(pool: Pool, *, limit: int, grace_s: float) -> list[DueDelivery]:
    """At most ``limit`` deliveries that are due, oldest first; they are due again after ``grace_s`` seconds.

    Raises what asyncpg raises; see ``headrace_store.postgres.TRANSIENT``.
    """
    rows = await pool.fetch(load(_PACKAGE, "relay.sql")["take_due_deliveries"], limit, grace_s)
    return [
        DueDelivery(
            id=_plain(row["id"]),
            endpoint_id=_plain(row["endpoint_id"]),
            attempts=row["attempts"],
            trace=row["trace"],
        )
        for row in rows
    ]


async def take_due_exports(pool: Pool, *, limit: int, grace_s: float) -> list[DueExport]:
    """At most ``limit`` exports that are due, as ``take_due_deliveries``."""
    rows = await pool.fetch(load(_PACKAGE, "relay.sql")["take_due_exports"], limit, grace_s)
    return [DueExport(job_id=_plain(row["job_id"]), trace=row["trace"]) for row in rows]


async def take_due_publications(pool: Pool, *, limit: int, grace_s: float) -> list[DuePublication]:
    """At most ``limit`` publications that are due, as ``take_due_deliveries``."""
    rows = await pool.fetch(load(_PACKAGE, "relay.sql")["take_due_publications"], limit, grace_s)
    return [DuePublication(id=_plain(row["id"]), trace=row["trace"]) for row in rows]


def _plain(value: UUID) -> UUID:
    """asyncpg hands out a subclass, which the encoder of messages refuses."""
    return UUID(int=value.int)
