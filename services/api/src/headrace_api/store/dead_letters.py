"""Rows of ``dead_letters``."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg

from headrace_api.core.dead_letters import DeadLetter, LetterFilter, Run
from headrace_api.store.record import translated
from headrace_store.jobs.find import OutputChunk
from headrace_store.jobs.rows import uid
from headrace_store.postgres import Pool
from headrace_store.queries import load

_SQL = load("headrace_api.store", "dead_letters.sql")

#: Of one job. Handed-back attempts are not counted, so there may be more than a policy allows.
_MOST_RUNS = 100
#: Of each attempt.
_PIECES = 50


class RecordDeadLetters:
    """``core.dead_letters.LetterRecord``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def page(
        self, which: LetterFilter, *, after: UUID | None, limit: int, oldest_first: bool = False
    ) -> list[DeadLetter]:
        name = "oldest" if oldest_first else "page"
        with translated():
            rows = await self._pool.fetch(_SQL[f"{name}_{_whose(which)}"], *_filters(which), after, limit)
        return [_letter(row) for row in rows]

    async def total(self, which: LetterFilter) -> int:
        with translated():
            return int(await self._pool.fetchval(_SQL[f"total_{_whose(which)}"], *_filters(which)))

    async def get(self, job_id: UUID) -> DeadLetter | None:
        with translated():
            row = await self._pool.fetchrow(_SQL["get"], job_id)
        return None if row is None else _letter(row)

    async def runs(self, job_id: UUID) -> list[Run]:
        with translated():
            rows = await self._pool.fetch(_SQL["runs"], job_id, _MOST_RUNS)
            pieces = await self._pool.fetch(_SQL["tails"], job_id, [row["fence"] for row in rows], _PIECES)
        written: dict[int, list[OutputChunk]] = {}
        for piece in pieces:
            fields = dict(piece)
            written.setdefault(fields.pop("fence"), []).append(OutputChunk(**fields))
        return [_run(row, written.get(row["fence"], [])) for row in rows]

    async def discard(self, job_id: UUID) -> bool:
        with translated():
            return await self._pool.fetchval(_SQL["discard"], job_id) is not None

    async def discard_all(self, which: LetterFilter, limit: int) -> list[UUID]:
        oldest = await self.page(which, after=None, limit=limit, oldest_first=True)
        with translated():
            rows = await self._pool.fetch(_SQL["discard_all"], [letter.job_id for letter in oldest])
        return sorted(uid(row["job_id"]) for row in rows)


def _whose(which: LetterFilter) -> str:
    return "of_all" if which.account_id is None else "of_account"


def _filters(which: LetterFilter) -> tuple[Any, ...]:
    return (which.account_id, which.model, which.code, which.pool, which.since, which.until)


def _letter(row: asyncpg.Record) -> DeadLetter:
    replayed_as = row["replayed_as"]
    return DeadLetter(
        **{
            **row,
            "job_id": uid(row["job_id"]),
            "account_id": uid(row["account_id"]),
            "replayed_as": None if replayed_as is None else uid(replayed_as),
        }
    )


def _run(row: asyncpg.Record, output: list[OutputChunk]) -> Run:
    return Run(
        number=row["number"],
        agent=row["agent"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        outcome=row["outcome"],
        reason=row["reason"],
        output=output,
    )
