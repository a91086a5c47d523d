"""Publications in the record: begin one, hold it while it goes on, write down what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal
from uuid import UUID

import msgspec

from headrace_contracts.jobs.view import JobDocument
from headrace_store.jobs.read import JobReader
from headrace_store.postgres import Pool
from headrace_store.queries import load


@dataclass(frozen=True, kw_only=True, slots=True)
class Begun:
    """A row of ``publications`` with its destination, held from now on."""

    id: UUID
    job_id: UUID
    destination_id: UUID
    attempts: int
    #: Sealed; None: nothing was done yet.
    session: bytes | None = field(repr=False)
    #: What it is held by.
    mark: datetime
    platform: str
    config: dict[str, Any]
    #: Sealed; None: it needs none.
    secret: bytes | None = field(repr=False)


class PublicationRepository:
    """All methods raise what asyncpg raises; ``headrace_store.postgres.TRANSIENT`` may pass.

    A method that takes a ``mark`` changes nothing, and says so, when the publication is not held by it any more.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._jobs = JobReader(pool)

    @cached_property
    def _sql(self) -> dict[str, str]:
        return dict(load("headrace_publisher.store", "publications.sql"))

    async def begin(self, publication_id: UUID, *, lease_s: float, ahead_s: float) -> Begun | None:
        """Hold a pending publication; whoever held it before has lost it. None: it is not to be published now."""
        row = await self._pool.fetchrow(self._sql["begin"], publication_id, lease_s, ahead_s)
        if row is None:
            return None
        return Begun(
            id=publication_id,
            job_id=UUID(int=row["job_id"].int),
            destination_id=UUID(int=row["destination_id"].int),
            attempts=row["attempts"],
            session=row["session"],
            mark=row["next_attempt_at"],
            platform=row["platform"],
            config=msgspec.json.decode(row["config"]),
            secret=row["secret"],
        )

    async def document(self, job_id: UUID) -> JobDocument | None:
        """The job with its result; None: it has been deleted."""
        return await self._jobs.document(job_id)

    async def keep(self, publication_id: UUID, mark: datetime, *, lease_s: float) -> datetime | None:
        """Hold it for longer; the new mark, or None when it is lost."""
        moved: datetime | None = await self._pool.fetchval(self._sql["keep"], publication_id, mark, lease_s)
        return moved

    async def save(
        self, publication_id: UUID, mark: datetime, *, lease_s: float, session: bytes
    ) -> datetime | None:
        """Save the (sealed) session and hold it for longer; as ``keep``."""
        moved: datetime | None = await self._pool.fetchval(
            self._sql["save"], publication_id, mark, lease_s, session
        )
        return moved

    async def put_off(
        self,
        publication_id: UUID,
        mark: datetime,
        *,
        delay_s: float,
        session: bytes | None,
        attempts: int,
        error: str | None,
    ) -> bool:
        """Let it go, to be due again after ``delay_s``. ``attempts``: how many this was, 0 or 1."""
        row = await self._pool.fetchval(
            self._sql["put_off"], publication_id, mark, delay_s, session, attempts, error
        )
        return row is not None

    async def finish(
        self,
        publication_id: UUID,
        mark: datetime,
        *,
        state: Literal["published", "failed"],
        url: str | None = None,
        remote_id: str | None = None,
        error: str | None = None,
    ) -> bool:
        """It has ended; the dispatcher settles its job."""
        row = await self._pool.fetchval(
            self._sql["finish"], publication_id, mark, state, url, remote_id, error
        )
        return row is not None
