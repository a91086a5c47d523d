"""The record as the use cases see it: while Postgres is away, every call raises UnavailableError."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from headrace_api.core.errors import UnavailableError
from headrace_contracts.jobs.view import JobDocument, JobView
from headrace_store.jobs.find import JobFinder, JobPage, JobQuery, OutputChunk, PastAttempt, Publication
from headrace_store.jobs.read import Holder, JobReader
from headrace_store.jobs.submit import NewJob
from headrace_store.jobs.unit import Extras, Repeated, Unit, submit_unit
from headrace_store.postgres import TRANSIENT, Pool
from headrace_store.queries import load

_TOKENS = load("headrace_api.store", "agent_tokens.sql")


@contextmanager
def translated() -> Iterator[None]:
    """Around a look into the record: raises UnavailableError while Postgres is away."""
    try:
        yield
    except TRANSIENT as error:
        raise UnavailableError("The record") from error


class RecordJobs:
    """Reads of jobs."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._reader = JobReader(pool)
        self._finder = JobFinder(pool)

    async def view(self, job_id: UUID) -> JobView | None:
        with translated():
            return await self._reader.view(job_id)

    async def document(self, job_id: UUID) -> JobDocument | None:
        with translated():
            return await self._reader.document(job_id)

    async def recent(self, account_id: UUID, limit: int) -> list[JobView]:
        with translated():
            return await self._reader.recent(account_id, limit)

    async def find(self, query: JobQuery) -> JobPage:
        with translated():
            return await self._finder.find(query)

    async def output(self, job_id: UUID, *, stream: str | None, after: int, limit: int) -> list[OutputChunk]:
        with translated():
            return await self._finder.output(job_id, stream=stream, after=after, limit=limit)

    async def publications(self, job_id: UUID) -> list[Publication]:
        with translated():
            return await self._finder.publications(job_id)

    async def attempts(self, job_id: UUID) -> list[PastAttempt]:
        with translated():
            return await self._finder.attempts(job_id)

    async def holder(self, job_id: UUID) -> Holder | None:
        with translated():
            return await self._reader.holder(job_id)


class RecordInsert:
    """Commits new jobs."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def __call__(self, jobs: Sequence[NewJob], extras: Sequence[Extras]) -> None:
        with translated():
            await submit_unit(self._pool, Unit(jobs=jobs, extras=extras))


class RecordUnits:
    """Commits jobs with what they have beside them."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def __call__(self, unit: Unit) -> Repeated | None:
        with translated():
            return await submit_unit(self._pool, unit)


class RecordTokens:
    """Hashes of the agents' tokens."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def __call__(self) -> frozenset[bytes]:
        with translated():
            rows = await self._pool.fetch(_TOKENS["live_hashes"])
        return frozenset(row["token_hash"] for row in rows)
