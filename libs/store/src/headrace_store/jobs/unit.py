"""The submit of jobs with something beside them: an Idempotency-Key, credits, publications; all or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from headrace_contracts.ids import new_id
from headrace_store.jobs.rows import uid
from headrace_store.jobs.submit import NewJob, insert_jobs
from headrace_store.postgres import Connection, Pool
from headrace_store.queries import load

_SQL = load("headrace_store.jobs", "unit.sql")

#: How long a key stands for its first use, in hours.
IDEMPOTENCY_HOURS = 24


@dataclass(frozen=True, kw_only=True, slots=True)
class Extras:
    """What a job has beside its row."""

    job_id: UUID
    staging: bool = False
    publish_at: datetime | None = None
    #: Where it is published to.
    destinations: Sequence[UUID] = ()
    credits: int = 0
    template_id: UUID | None = None
    retry_of: UUID | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyUse:
    """An Idempotency-Key and what is asked for with it."""

    account_id: UUID
    dialect: str
    key: str
    #: SHA-256 of the request.
    fingerprint: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """Jobs that are stored together."""

    jobs: Sequence[NewJob]
    extras: Sequence[Extras] = ()
    key: KeyUse | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Repeated:
    """The key was used before: for these jobs, and for the same request or another."""

    job_ids: list[UUID] = field(default_factory=list)
    same: bool


class TooFewCreditsError(Exception):
    """The account can't pay; nothing was stored."""

    def __init__(self, needed: int, balance: int) -> None:
        super().__init__(f"{needed} credits are needed, {balance} are there")
        self.needed = needed
        self.balance = balance


async def submit_unit(pool: Pool, unit: Unit) -> Repeated | None:
    """Store the unit; None when its jobs are committed now, else what the key stood for already.

    Raises TooFewCreditsError, and what asyncpg raises; then nothing is stored.
    """
    async with pool.acquire() as connection:
        try:
            async with connection.transaction():
                if unit.key is not None:
                    known = await _reserve(connection, unit.key, [job.id for job in unit.jobs])
                    if known is not None:
                        return known
                await insert_jobs(connection, unit.jobs)
                await _extend(connection, unit.extras)
                for job in unit.jobs:
                    for extras in unit.extras:
                        if extras.job_id == job.id and extras.credits:
                            await connection.execute(_SQL["charge"], job.account_id, extras.credits, job.id)
        except asyncpg.CheckViolationError as error:
            if error.constraint_name != "wallets_balance_check":
                raise
        else:
            return None
        balance = await connection.fetchval(_SQL["balance"], unit.jobs[0].account_id)
        raise TooFewCreditsError(sum(extras.credits for extras in unit.extras), balance or 0)


async def _reserve(connection: Connection, use: KeyUse, job_ids: Sequence[UUID]) -> Repeated | None:
    ours = await connection.fetchval(
        _SQL["reserve_key"],
        use.account_id, use.dialect, use.key, use.fingerprint, job_ids, datetime.now(UTC), IDEMPOTENCY_HOURS,
    )  # fmt: skip
    if ours is not None:
        return None
    row = await connection.fetchrow(_SQL["known_key"], use.account_id, use.dialect, use.key)
    assert row is not None  # noqa: S101 -- the conflict was with this row, which we can see now
    return Repeated(
        job_ids=[uid(job_id) for job_id in row["job_ids"]], same=row["fingerprint"] == use.fingerprint
    )


async def _extend(connection: Connection, extras: Sequence[Extras]) -> None:
    if not extras:
        return
    await connection.execute(
        _SQL["extend"],
        [e.job_id for e in extras],
        [e.staging for e in extras],
        [bool(e.destinations) for e in extras],
        [e.publish_at for e in extras],
        [e.credits for e in extras],
        [e.template_id for e in extras],
        [e.retry_of for e in extras],
    )
    pairs = [(e.job_id, destination) for e in extras for destination in e.destinations]
    if pairs:
        await connection.execute(
            _SQL["publications"],
            [new_id() for _ in pairs],
            [job_id for job_id, _ in pairs],
            [destination for _, destination in pairs],
        )
