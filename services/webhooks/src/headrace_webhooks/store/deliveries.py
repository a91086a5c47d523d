"""Deliveries in the record: load one, put it off, write down what came of an attempt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal
from uuid import UUID

from headrace_contracts.jobs.view import JobView
from headrace_store.jobs.read import JobReader
from headrace_store.postgres import Pool
from headrace_store.queries import load
from headrace_webhooks.outcome import Outcome

State = Literal["pending", "delivered", "exhausted", "held"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """A row of ``webhook_deliveries`` with its endpoint and job."""

    id: UUID
    endpoint_id: UUID
    created_at: datetime
    state: State
    #: Attempts made so far.
    attempts: int
    url: str
    #: The endpoint's own secrets, the newest first, with spaces between them; None: those of the site.
    secret: str | None
    disabled: bool
    first_failure_at: datetime | None
    #: What it tells of; None: a test of the endpoint.
    job: JobView | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What an attempt makes of a delivery and its endpoint."""

    state: State
    #: For ``pending``: when to try again.
    delay_s: float | None = None
    #: Set: the endpoint gets nothing more.
    disable: str | None = None


class DeliveryRepository:
    """All methods raise what asyncpg raises; ``headrace_store.postgres.TRANSIENT`` may pass."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._jobs = JobReader(pool)

    @cached_property
    def _sql(self) -> dict[str, str]:
        return dict(load("headrace_webhooks.store", "deliveries.sql"))

    async def load(self, delivery_id: UUID) -> Delivery | None:
        """None: the delivery, or its job, has been deleted."""
        row = await self._pool.fetchrow(self._sql["load"], delivery_id)
        if row is None:
            return None
        job = None if row["job_id"] is None else await self._jobs.view(row["job_id"])
        if job is None and row["job_id"] is not None:
            return None
        return Delivery(
            id=UUID(int=row["id"].int),
            endpoint_id=UUID(int=row["endpoint_id"].int),
            created_at=row["created_at"],
            state=row["state"],
            attempts=row["attempts"],
            url=row["url"],
            secret=row["secret"],
            disabled=row["disabled_at"] is not None,
            first_failure_at=row["first_failure_at"],
            job=job,
        )

    async def record(
        self, delivery: Delivery, outcome: Outcome, verdict: Verdict, *, number: int, at: datetime
    ) -> bool:
        """Write the attempt, the delivery and the endpoint in one transaction; ``at`` is when it was sent.

        False: attempt ``number`` was recorded before, and nothing has changed.
        """
        fresh = await self._pool.fetchval(
            self._sql["record"], delivery.id, number, at, outcome.status,
            str(outcome.error) if outcome.error else None, outcome.duration_ms, outcome.response_head,
            verdict.state, verdict.delay_s, delivery.endpoint_id, outcome.ok, verdict.disable,
        )  # fmt: skip
        return fresh is not None

    async def hold(self, delivery_id: UUID) -> None:
        """Keep the delivery for later: its endpoint is disabled."""
        await self._pool.execute(self._sql["hold"], delivery_id)

    async def put_off(self, delivery_id: UUID, delay_s: float) -> None:
        """Try in ``delay_s`` seconds; no attempt was made."""
        await self._pool.execute(self._sql["put_off"], delivery_id, delay_s)
