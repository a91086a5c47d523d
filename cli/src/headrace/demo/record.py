"""The demo looks into the record: the radiance dialect shows neither the agent nor the progress of a job."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg

from headrace_contracts.jobs.view import JobView
from headrace_store.jobs.read import JobReader


class Record:
    """Reads the demo's jobs."""

    def __init__(self, reader: JobReader) -> None:
        self._reader = reader

    async def views(self, ids: Mapping[str, UUID]) -> dict[str, JobView]:
        """The jobs by the demo's keys, in the order of ``ids``."""
        by_id = {view.id: view for view in await self._reader.views(list(ids.values()))}
        return {key: by_id[job_id] for key, job_id in ids.items() if job_id in by_id}


@asynccontextmanager
async def open_record(postgres_url: str) -> AsyncIterator[Record]:
    connection = await asyncpg.connect(postgres_url, ssl=False)
    try:
        yield Record(JobReader(connection))
    finally:
        await connection.close()
