"""The submit of jobs with something beside them: an Idempotency-Key, credits, publications; all or nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from headrace_contracts.ids import new_id
from headrace_store.jobs.quota import hold_room
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
    #: JSON text of a retry policy (``headrace_contracts.jobs.retry``); None = the model's.
    retry: str | None = None
    #: How long it may wait for its first start.
    queue_timeout_s: float | None = None


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
    #: The dead letter (its job) that the only one of ``jobs`` repeats; it is done once.
    letter: UUID | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Repeated:
    """The key was used before: for these jobs, and for the same request or another."""

    job_ids: list[UUID] = field(default_factory=list)
    same: bool


class LetterSettledError(Exception):
    """The dead letter was replayed or discarded before; nothing was stored."""

    def __init__(self, settled: str, replayed_as: UUID | None) -> None:
        super().__init__(f"it was {settled} already")
        #: ``replayed`` or ``discarded``.
        self.settled = settled
        self.replayed_as = replayed_as


class TooFewCreditsError(Exception):
    """The account can't pay; nothing was stored."""

    def __init__(self, needed: int, balance: int) -> None:
        super().__init__(f"{needed} credits are needed, {balance} are there")
        self.needed = needed
        self.balance = balance


async def submit_unit(pool: Pool, unit: Unit) -> Repeated | None:
    """Store the unit; None when its jobs are committed now, else what the key stood for already.

    Raises TooFewCreditsError, QuotaReachedError, LetterSettledError, and what asyncpg raises; then nothing is stored.
    """
    try:
        limited: Sequence[UUID] = ()
        accounts = {job.account_id for job in unit.jobs}
        alone = unit.key is None and unit.letter is None
        if alone and not (limited := await _insert(pool, unit, ask_of=accounts)):
            return None
        async with pool.acquire() as connection, connection.transaction():
            if unit.key is not None:
                known = await _reserve(connection, unit.key, [job.id for job in unit.jobs])
                if known is not None:
                    return known
            if unit.letter is not None and not await _open_letter(connection, unit.letter, unit.jobs[0].id):
                return None
            if not alone:
                limited = await _insert(connection, unit, ask_of=accounts)
            if limited:
                await hold_room(connection, unit.jobs, limited)
                await _insert(connection, unit)
            return None
    except asyncpg.CheckViolationError as error:
        if error.constraint_name != "wallets_balance_check":
            raise
    balance = await pool.fetchval(_SQL["balance"], unit.jobs[0].account_id)
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


async def _open_letter(connection: Connection, letter: UUID, job_id: UUID) -> bool:
    """True: it waits to be replayed, and nobody else does so until we are done. False: it was, as ``job_id``."""
    row = await connection.fetchrow(_SQL["open_letter"], letter)
    if row is None or row["settled"] is None:
        return True
    if row["replayed_as"] == job_id:
        return False  # a second try after a broken connection
    replayed_as = row["replayed_as"]
    raise LetterSettledError(row["settled"], None if replayed_as is None else uid(replayed_as))


async def _insert(target: Pool | Connection, unit: Unit, *, ask_of: Collection[UUID] = ()) -> Sequence[UUID]:
    """As ``insert_jobs``."""
    if not unit.extras:
        return await insert_jobs(target, unit.jobs, ask_of=ask_of)
    by_job = {extras.job_id: extras for extras in unit.extras}
    beside = [by_job.get(job.id) or Extras(job_id=job.id) for job in unit.jobs]
    pairs = [(each.job_id, destination) for each in beside for destination in each.destinations]
    row = await target.fetchrow(
        _SQL["store"],
        *zip(*unit.jobs, strict=True),
        [each.staging for each in beside],
        [bool(each.destinations) for each in beside],
        [each.publish_at for each in beside],
        [each.credits for each in beside],
        [each.template_id for each in beside],
        [each.retry_of for each in beside],
        [each.retry for each in beside],
        [each.queue_timeout_s for each in beside],
        [new_id() for _ in pairs],
        [job_id for job_id, _ in pairs],
        [destination for _, destination in pairs],
        list(ask_of),
    )
    return [] if row is None else list(row["limited"])
