"""Changes from rows of the record.

They are made for every start and end: the ids stay as the driver hands them out, a kind of UUID that messages
can carry.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import asyncpg

from headrace_contracts.messages.changes import Change, ChangeKind

#: A chunk of output is told in parts of so many characters: a message of NATS holds 1 MiB.
PART_CHARS = 64 * 1024


def moved(row: asyncpg.Record, at: datetime) -> Change:
    """A new state; of a row with id, account_id, state, attempt and agent."""
    return Change(
        kind=ChangeKind.STATE,
        id=row["id"],
        account_id=row["account_id"],
        at=at,
        state=row["state"],
        attempt=row["attempt"],
        agent=row["agent"],
    )


def ended(row: asyncpg.Record, at: datetime) -> Change:
    """The end of a job, or of its run when it is staged; of a row with what ``moved`` wants and the outcome."""
    return Change(
        kind=ChangeKind.STATE,
        id=row["id"],
        account_id=row["account_id"],
        at=row["finished_at"] or at,
        state=row["state"],
        attempt=row["attempt"],
        agent=row["agent"],
        exit_code=row["exit_code"],
        failure_code=row["failure_code"],
        failure_reason=row["failure_reason"],
    )


def progressed(row: asyncpg.Record, at: datetime) -> Change:
    """How far a run is."""
    return Change(
        kind=ChangeKind.PROGRESS,
        id=row["id"],
        account_id=row["account_id"],
        at=at,
        attempt=row["attempt"],
        agent=row["agent"],
        percent=row["progress"],
        message=row["progress_message"],
    )


def said(
    *, job_id: UUID, account_id: UUID, attempt: int, agent: str | None, stream: str, text: str, at: datetime
) -> Iterator[Change]:
    """Output of a run, in parts that a message can carry."""
    for start in range(0, len(text), PART_CHARS):
        yield Change(
            kind=ChangeKind.OUTPUT,
            id=job_id,
            account_id=account_id,
            at=at,
            attempt=attempt,
            agent=agent,
            stream=stream,
            text=text[start : start + PART_CHARS],
        )
