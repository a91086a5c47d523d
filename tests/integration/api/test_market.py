"""What the record offers to machines at large, on a real Postgres."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from tests.support.record import PUBLIC_ACCOUNT, insert, new_job, pool_of

from headrace_api.core.market import Market
from headrace_api.store.market import RecordMarket
from headrace_api.store.record import RecordJobs
from headrace_contracts.jobs.lane import private_pool
from headrace_store.accounts.accounts import Accounts
from headrace_store.jobs.submit import NewJob


def _project(account: UUID, **changes: object) -> NewJob:
    fields = {
        "account_id": account,
        "dialect": "auralis",
        "model": "project",
        "pool": "project",
        "payload": "{}",
    }
    return new_job(**{**fields, "platform": "linux-amd64", **changes})


async def test_jobs_that_are_offered(record_url: str) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    async with pool_of(record_url) as pool:
        accounts = Accounts(pool)
        mine, theirs = (
            (await accounts.create("mine", "operate")).id,
            (await accounts.create("x", "operate")).id,
        )
        seen = [
            _project(theirs),
            _project(mine),
            _project(theirs, pool="big-machines"),
            new_job(account_id=PUBLIC_ACCOUNT),
            new_job(account_id=mine),
            new_job(account_id=mine, model="command", pool=private_pool(mine)),
            _project(theirs, priority=3),
        ]
        unseen = [
            _project(theirs, platform="linux-arm64"),
            _project(theirs, run_at=later),
            new_job(account_id=theirs),
            new_job(account_id=theirs, model="command", pool=private_pool(theirs)),
            # A model's name opens no pool of another account.
            new_job(account_id=PUBLIC_ACCOUNT, pool=private_pool(theirs)),
            _project(theirs, pool=private_pool(theirs)),
        ]
        await insert(pool, [*seen, *unseen])
        gone = _project(theirs)
        await insert(pool, [gone])
        await pool.execute("UPDATE jobs SET state = 'claimed' WHERE id = $1", gone.id)
        await pool.execute("UPDATE jobs SET released = true WHERE id = $1", seen[1].id)
        backing_off = _project(theirs)
        await insert(pool, [backing_off])
        await pool.execute("UPDATE jobs SET run_at = $2 WHERE id = $1", backing_off.id, later)
        market = Market(RecordMarket(pool), RecordJobs(pool))
        found = [job.id for job in await market.pending(mine, "linux-amd64")]
        assert found == [seen[-1].id, *(job.id for job in seen[:-1])]  # the urgent one, then the oldest
        everywhere = {job.id for job in await market.pending(mine, None)}
        assert everywhere == {*found, unseen[0].id}


async def test_long_queue_of_others_is_not_walked(record_url: str) -> None:
    async with pool_of(record_url) as pool:
        accounts = Accounts(pool)
        mine, theirs = (
            (await accounts.create("mine", "operate")).id,
            (await accounts.create("x", "operate")).id,
        )
        await insert(pool, [new_job(account_id=theirs) for _ in range(3000)])
        await insert(pool, [_project(theirs) for _ in range(150)])
        await pool.execute("ANALYZE jobs")
        market = RecordMarket(pool)
        found = await market.waiting(accounts=[mine], open_model="project", platforms=None, limit=100)
        assert len(found) == 100
        assert {job.model for job in found} == {"project"}
