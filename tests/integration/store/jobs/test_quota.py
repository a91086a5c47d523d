"""An account with a limit has that many jobs waiting at most, whoever submits, how, and how often at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from tests.support.record import new_job, pool_of

from headrace_contracts.ids import new_id
from headrace_store.accounts.accounts import Accounts
from headrace_store.jobs.quota import QuotaReachedError
from headrace_store.jobs.unit import Extras, KeyUse, Repeated, Unit, submit_unit
from headrace_store.postgres import Pool


@pytest.fixture
async def pool(record_url: str) -> AsyncIterator[Pool]:
    async with pool_of(record_url) as pool:
        yield pool


async def limited(pool: Pool, limit: int | None) -> UUID:
    account = await Accounts(pool).create("limited", "operate")
    await pool.execute("UPDATE accounts SET max_queued = $2 WHERE id = $1", account.id, limit)
    return account.id


async def waiting(pool: Pool, owner: UUID) -> int:
    found: int = await pool.fetchval(
        "SELECT count(*) FROM jobs WHERE account_id = $1 AND state IN ('scheduled', 'queued')", owner
    )
    return found


def unit(owner: UUID, jobs: int = 1, *, staging: bool = False, key: str | None = None) -> Unit:
    made = [new_job(account_id=owner) for _ in range(jobs)]
    return Unit(
        jobs=made,
        extras=[Extras(job_id=job.id, staging=True) for job in made] if staging else [],
        key=None if key is None else KeyUse(account_id=owner, dialect="native", key=key, fingerprint=b"same"),
    )


async def test_fifty_at_once_fill_the_limit_and_no_more(record_url: str) -> None:
    """Two pools stand for two processes; every way to submit is among them."""
    async with pool_of(record_url) as one, pool_of(record_url) as other:
        owner = await limited(one, 20)
        units = [unit(owner, staging=n % 3 == 0, key=f"k{n}" if n % 3 == 1 else None) for n in range(50)]
        results = await asyncio.gather(
            *(submit_unit((one, other)[n % 2], each) for n, each in enumerate(units)),
            return_exceptions=True,
        )
        refused = [each for each in results if isinstance(each, QuotaReachedError)]
        assert [each for each in results if each is not None and each not in refused] == []
        assert len(refused) == 30
        assert await waiting(one, owner) == 20
        assert {(each.account_id, each.limit, each.waiting, each.wanted) for each in refused} == {
            (owner, 20, 20, 1)
        }


async def test_a_batch_fits_whole_or_not_at_all(pool: Pool) -> None:
    owner = await limited(pool, 5)
    await submit_unit(pool, unit(owner, 3))
    with pytest.raises(QuotaReachedError) as refused:
        await submit_unit(pool, unit(owner, 3))
    assert (refused.value.waiting, refused.value.wanted) == (3, 3)
    await submit_unit(pool, unit(owner, 2))
    assert await waiting(pool, owner) == 5


async def test_what_runs_does_not_wait_and_what_is_scheduled_does(pool: Pool) -> None:
    owner = await limited(pool, 2)
    await submit_unit(pool, unit(owner, 2))
    await pool.execute(
        "UPDATE jobs SET state = 'running' WHERE id = (SELECT min(id::text)::uuid FROM jobs WHERE account_id = $1)",
        owner,
    )
    later = unit(owner)
    await submit_unit(pool, later)
    await pool.execute("UPDATE jobs SET state = 'scheduled' WHERE id = $1", later.jobs[0].id)
    with pytest.raises(QuotaReachedError):
        await submit_unit(pool, unit(owner))


async def test_a_repeat_is_answered_as_the_first_time(pool: Pool) -> None:
    owner = await limited(pool, 1)
    first = unit(owner, key="k")
    assert await submit_unit(pool, first) is None
    again = unit(owner, key="k")
    assert await submit_unit(pool, again) == Repeated(job_ids=[first.jobs[0].id], same=True)
    # The same after a broken connection: the job is there, and is no further one.
    bare = Unit(jobs=first.jobs)
    assert await submit_unit(pool, bare) is None
    # A key that was refused is free for the next try.
    with pytest.raises(QuotaReachedError):
        await submit_unit(pool, unit(owner, key="other"))
    await pool.execute("UPDATE jobs SET state = 'cancelled' WHERE account_id = $1", owner)
    assert await submit_unit(pool, unit(owner, key="other")) is None


async def test_accounts_without_a_limit_take_no_lock(pool: Pool) -> None:
    owner, free = await limited(pool, 0), await limited(pool, None)
    with pytest.raises(QuotaReachedError):
        await submit_unit(pool, unit(owner))
    async with pool.acquire() as other, other.transaction():
        for account in (owner, free):
            await other.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended('headrace.quota.' || $1::uuid::text, 0))",
                account,
            )
        # Neither waits for the lock: the one has no limit, the other is not among them.
        await asyncio.wait_for(submit_unit(pool, unit(free, 3)), 5)
    assert await waiting(pool, free) == 3


async def test_two_batches_with_the_same_accounts_do_not_wait_for_each_other(pool: Pool) -> None:
    owners = [await limited(pool, 1000) for _ in range(2)]

    def mixed(order: list[UUID]) -> Unit:
        return Unit(jobs=[new_job(id=new_id(), account_id=owner) for owner in order])

    await asyncio.wait_for(
        asyncio.gather(*(submit_unit(pool, mixed(owners if n % 2 else owners[::-1])) for n in range(20))),
        20,
    )
    assert [await waiting(pool, owner) for owner in owners] == [20, 20]
