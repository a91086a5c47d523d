"""What runs say of themselves while they go on, in the record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from headrace_contracts.messages.changes import Change
from headrace_contracts.messages.events import Output, Progressed
from headrace_dispatcher.changes.rows import progressed, said
from headrace_dispatcher.recorder.outcome import clean
from headrace_store.postgres import Pool
from headrace_store.queries import load

SQL = load("headrace_dispatcher.store", "reports.sql")


class ReportStore:
    """Progress and output of many attempts at once; both return what is new."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def progress(self, events: Sequence[Progressed]) -> list[Change]:
        """Keep the progress of current attempts, at most one event for each job."""
        rows = await self._pool.fetch(
            SQL["progress"],
            [event.id for event in events],
            [event.fence for event in events],
            [event.percent for event in events],
            [clean(event.message) for event in events],
        )
        now = datetime.now(UTC)
        return [progressed(row, now) for row in rows]

    async def output(self, events: Sequence[Output]) -> list[Change]:
        """Keep chunks of output that are not there yet."""
        # Postgres text can't hold NUL.
        chunks = {
            (event.id, event.fence, event.seq): (event.stream, event.text.replace("\x00", "\ufffd"))
            for event in events
        }
        columns = [(*key, *chunk) for key, chunk in chunks.items()]
        rows = await self._pool.fetch(SQL["output"], *(list(column) for column in zip(*columns, strict=True)))
        now = datetime.now(UTC)
        new = {(row["id"], row["fence"], row["seq"]): row for row in rows}
        return [
            change
            for key in sorted(new)
            for change in said(
                job_id=key[0],
                account_id=new[key]["account_id"],
                attempt=new[key]["attempt"],
                agent=new[key]["agent"],
                stream=chunks[key][0],
                text=chunks[key][1],
                at=now,
            )
        ]
