"""A submit with something beside the job: a key, credits, publications. All of it or nothing."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from tests.support.record import new_job, pool_of, row

from headrace_contracts.ids import new_id
from headrace_store.accounts.accounts import Accounts
from headrace_store.jobs.submit import NewJob
from headrace_store.jobs.unit import Extras, KeyUse, Repeated, TooFewCreditsError, Unit, submit_unit
from headrace_store.postgres import Pool


async def account(pool: Pool, credits: int = 0) -> UUID:
    accounts = Accounts(pool)
    made = await accounts.create("test", "operate")
    if credits:
        await accounts.grant(made.id, credits)
    return made.id


def use(owner: UUID, key: str, fingerprint: bytes = b"same") -> KeyUse:
    return KeyUse(account_id=owner, dialect="native", key=key, fingerprint=fingerprint)


async def jobs_of(pool: Pool, owner: UUID) -> int:
    found: int = await pool.fetchval("SELECT count(*) FROM jobs WHERE account_id = $1", owner)
    return found


async def balance(pool: Pool, owner: UUID) -> tuple[int, int]:
    """What the wallet says, and what the ledger adds up to."""
    wallet: int = await pool.fetchval("SELECT balance FROM wallets WHERE account_id = $1", owner)
    ledger: int = await pool.fetchval(
        "SELECT sum(amount) FROM ledger WHERE for_account = $1 AND account_id IS NOT NULL", owner
    )
    return wallet, ledger


def paid(owner: UUID, credits: int) -> tuple[NewJob, Unit]:
    job = new_job(account_id=owner)
    return job, Unit(jobs=[job], extras=[Extras(job_id=job.id, credits=credits)])


async def test_a_key_makes_one_job_however_often_and_at_once(record_url: str) -> None:
    async with pool_of(record_url) as pool:
        owner = await account(pool)
        made = [new_job(account_id=owner) for _ in range(20)]
        results = await asyncio.gather(
            *(submit_unit(pool, Unit(jobs=[job], key=use(owner, "k"))) for job in made)
        )
        stored = [job.id for job, result in zip(made, results, strict=True) if result is None]
        assert len(stored) == 1
        assert await jobs_of(pool, owner) == 1
        repeated = [result for result in results if result is not None]
        assert repeated == [Repeated(job_ids=stored, same=True)] * 19


async def test_a_key_with_another_request_is_told_apart(record_url: str) -> None:
    async with pool_of(record_url) as pool:
        owner = await account(pool)
        first, other = new_job(account_id=owner), new_job(account_id=owner)
        assert await submit_unit(pool, Unit(jobs=[first], key=use(owner, "k"))) is None
        result = await submit_unit(pool, Unit(jobs=[other], key=use(owner, "k", b"another")))
        assert result == Repeated(job_ids=[first.id], same=False)
        assert await jobs_of(pool, owner) == 1


async def test_a_key_is_free_again_after_a_day_and_belongs_to_its_account(record_url: str) -> None:
    async with pool_of(record_url) as pool:
        owner, stranger = await account(pool), await account(pool)
        assert await submit_unit(pool, Unit(jobs=[new_job(account_id=owner)], key=use(owner, "k"))) is None
        theirs = Unit(jobs=[new_job(account_id=stranger)], key=use(stranger, "k"))
        assert await submit_unit(pool, theirs) is None
        await pool.execute("UPDATE idempotency_keys SET created_at = created_at - interval '25 hours'")
        again = Unit(jobs=[new_job(account_id=owner)], key=use(owner, "k", b"another"))
        assert await submit_unit(pool, again) is None
        assert await jobs_of(pool, owner) == 2


async def test_a_failed_unit_leaves_its_key_free(record_url: str) -> None:
    async with pool_of(record_url) as pool:
        owner = await account(pool, credits=1)
        job = new_job(account_id=owner)
        dear = Unit(jobs=[job], extras=[Extras(job_id=job.id, credits=2)], key=use(owner, "k"))
        with pytest.raises(TooFewCreditsError) as refusal:
            await submit_unit(pool, dear)
        assert (refusal.value.needed, refusal.value.balance) == (2, 1)
        assert await jobs_of(pool, owner) == 0
        await Accounts(pool).grant(owner, 1)
        assert await submit_unit(pool, dear) is None
        assert await balance(pool, owner) == (0, 0)


async def test_fifty_submits_at_once_spend_what_is_there_and_no_more(record_url: str) -> None:
    async with pool_of(record_url) as pool:
        owner = await account(pool, credits=61)
        units = [paid(owner, 2) for _ in range(50)]
        results = await asyncio.gather(
            *(submit_unit(pool, unit) for _, unit in units), return_exceptions=True
        )
        assert results.count(None) == 30
        assert sum(isinstance(result, TooFewCreditsError) for result in results) == 20
        assert await jobs_of(pool, owner) == 30
        assert await balance(pool, owner) == (1, 1)
        assert await pool.fetchval("SELECT sum(amount) FROM ledger") == 0


@pytest.mark.parametrize(
    ("state", "started", "back"),
    [("failed", True, 3), ("cancelled", False, 3), ("cancelled", True, 0), ("completed", True, 0)],
)
async def test_what_a_job_cost_comes_back_once(record_url: str, state: str, started: bool, back: int) -> None:
    async with pool_of(record_url) as pool:
        owner = await account(pool, credits=5)
        job, unit = paid(owner, 3)
        assert await submit_unit(pool, unit) is None
        if started:
            await pool.execute("UPDATE jobs SET state = 'running', started_at = now() WHERE id = $1", job.id)
        await pool.execute("UPDATE jobs SET state = $2 WHERE id = $1", job.id, state)
        await pool.execute("UPDATE jobs SET state = $2 WHERE id = $1", job.id, state)
        assert await balance(pool, owner) == (2 + back, 2 + back)


async def test_extras_and_publications_are_stored_with_the_job(record_url: str) -> None:
    async with pool_of(record_url) as pool:
        owner, destination = await account(pool), new_id()
        await pool.execute(
            "INSERT INTO destinations (id, account_id, name, platform, config) VALUES ($1, $2, 'a', 's3', '{}')",
            destination, owner,
        )  # fmt: skip
        job, template = new_job(account_id=owner), new_id()
        extras = Extras(job_id=job.id, staging=True, destinations=[destination], template_id=template)
        assert await submit_unit(pool, Unit(jobs=[job], extras=[extras])) is None
        stored = await row(pool, job.id)
        assert (stored["staging"], stored["publishes"], stored["template_id"]) == (True, True, template)
        publications = await pool.fetch("SELECT job_id, destination_id, state FROM publications")
        assert [tuple(each) for each in publications] == [(job.id, destination, "held")]
