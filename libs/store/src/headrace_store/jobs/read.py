"""Reads of jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobDocument, JobView
from headrace_contracts.messages.work import InputRef
from headrace_store.jobs.rows import input_ref, job_document, job_view, uid
from headrace_store.postgres import Connection, Pool
from headrace_store.queries import load

_QUERIES = load("headrace_store.jobs", "read.sql")


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """Who may speak for a job now: the SHA-256 of the claim token, or None when no REST agent holds it."""

    account_id: UUID
    state: JobState
    attempt: int
    #: The fencing token of the current attempt.
    fence: int
    agent: str | None
    claim_hash: bytes | None
    #: Whether its JSON result is exported as ``results/<id>/result.json``.
    export: bool
    input: InputRef | None


class JobReader:
    """Reads from the pool or one connection. Every method raises what ``postgres.TRANSIENT`` names."""

    def __init__(self, source: Pool | Connection) -> None:
        self._source = source

    async def view(self, job_id: UUID) -> JobView | None:
        row = await self._source.fetchrow(_QUERIES["view"], job_id)
        return None if row is None else job_view(row)

    async def views(self, job_ids: Sequence[UUID]) -> list[JobView]:
        """Those of the jobs that there are, in any order."""
        return [job_view(row) for row in await self._source.fetch(_QUERIES["views"], job_ids)]

    async def document(self, job_id: UUID) -> JobDocument | None:
        row = await self._source.fetchrow(_QUERIES["document"], job_id)
        return None if row is None else job_document(row)

    async def recent(self, account_id: UUID, limit: int) -> list[JobView]:
        """The youngest jobs of an account first."""
        return [job_view(row) for row in await self._source.fetch(_QUERIES["recent"], account_id, limit)]

    async def holder(self, job_id: UUID) -> Holder | None:
        row = await self._source.fetchrow(_QUERIES["holder"], job_id)
        if row is None:
            return None
        return Holder(
            account_id=uid(row["account_id"]),
            state=JobState(row["state"]),
            attempt=row["attempt"],
            fence=row["fence"],
            agent=row["agent"],
            claim_hash=row["claim_hash"],
            export=row["export"],
            input=input_ref(row),
        )
