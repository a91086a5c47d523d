"""Lists of jobs, and what belongs to one: its output, publications and past attempts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobView
from headrace_store.jobs.rows import job_view
from headrace_store.postgres import Pool
from headrace_store.queries import load

_SQL = load("headrace_store.jobs", "find.sql")

#: What a list may be sorted by, beside the age.
SORTS: frozenset[str] = frozenset({"started_at", "finished_at", "state", "model", "agent", "priority"})


@dataclass(frozen=True, kw_only=True, slots=True)
class JobQuery:
    """Which of an account's jobs; None = no filter."""

    account_id: UUID
    models: Sequence[str] | None = None
    states: Sequence[JobState] | None = None
    agent: str | None = None
    #: Inclusive.
    created_from: datetime | None = None
    #: Exclusive.
    created_to: datetime | None = None
    #: Whether it has publications.
    publishes: bool | None = None
    #: Of staged jobs only those that were approved, or were not; jobs in other states pass.
    approved: bool | None = None
    #: One of ``SORTS``, or ``created_at``.
    sort: str = "created_at"
    descending: bool = True
    limit: int = 100
    offset: int = 0
    #: Only jobs that come after this one in the order by age.
    after: UUID | None = None
    #: True: each job with its payload.
    payloads: bool = False
    #: False spares the count.
    count: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class JobPage:
    jobs: list[JobView]
    #: JSON text a job, where it was asked for.
    payloads: dict[UUID, bytes]
    #: Of all that the filters let through; None when it was not asked for.
    total: int | None
    #: More follow in this order.
    has_more: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class OutputChunk:
    seq: int
    stream: str
    text: str
    #: Where the text lies in S3 instead.
    ref: str | None
    size: int
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Publication:
    """One destination of a job, and how far it is."""

    name: str
    platform: str
    #: held, pending, published, failed, cancelled
    state: str
    url: str | None
    remote_id: str | None
    error: str | None
    attempts: int
    next_attempt_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PastAttempt:
    number: int
    agent: str | None
    started_at: datetime | None
    ended_at: datetime
    outcome: str
    reason: str


class JobFinder:
    """Reads from the pool. Every method raises what ``postgres.TRANSIENT`` names."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def find(self, query: JobQuery) -> JobPage:
        """Raises ValueError for a sort that is none."""
        filters = (
            query.account_id,
            query.models,
            query.states,
            query.agent,
            query.created_from,
            query.created_to,
            query.publishes,
            query.approved,
        )
        page = (query.after, query.limit + 1, query.offset, query.payloads)
        if query.sort == "created_at":
            name = "page_down" if query.descending else "page_up"
            rows = await self._pool.fetch(_SQL[name], *filters, *page)
        elif query.sort in SORTS:
            rows = await self._pool.fetch(_SQL["page_sorted"], *filters, *page, query.sort, query.descending)
        else:
            raise ValueError(f"jobs can't be sorted by {query.sort!r}")
        total = await self._pool.fetchval(_SQL["total"], *filters) if query.count else None
        views = [job_view(row) for row in rows[: query.limit]]
        payloads = {
            view.id: row["payload"].encode()
            for view, row in zip(views, rows, strict=False)
            if row["payload"] is not None
        }
        return JobPage(jobs=views, payloads=payloads, total=total, has_more=len(rows) > query.limit)

    async def output(self, job_id: UUID, *, stream: str | None, after: int, limit: int) -> list[OutputChunk]:
        """Chunks of the current or last attempt with a number greater than ``after`` (-1 = all)."""
        rows = await self._pool.fetch(_SQL["output"], job_id, stream, after, limit)
        return [OutputChunk(**row) for row in rows]

    async def publications(self, job_id: UUID) -> list[Publication]:
        rows = await self._pool.fetch(_SQL["publications"], [job_id])
        return [Publication(**row) for row in rows]

    async def attempts(self, job_id: UUID) -> list[PastAttempt]:
        """Attempts that ended without ending the job, first to last."""
        rows = await self._pool.fetch(_SQL["attempts"], job_id)
        return [PastAttempt(**row) for row in rows]
