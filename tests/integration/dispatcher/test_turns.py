"""Tenants take turns within a lane, and none has more in motion than it may."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

from tests.support.dispatching import TEXT
from tests.support.record import insert, new_job
from tests.support.tenants import enqueue, owners, tenant

from headrace_dispatcher.store.release import ReleaseStore
from headrace_store.postgres import Pool


async def taken(record: Pool, limit: int, store: ReleaseStore | None = None) -> list[UUID]:
    """The accounts of the next ``limit`` jobs, in the order in which they go."""
    found = await (store or ReleaseStore(record)).take(TEXT, limit)
    return await owners(record, [job.id for job in found.jobs])


async def test_tenants_alternate_and_each_goes_by_age(record: Pool) -> None:
    a, b, c = [await tenant(record, name) for name in "abc"]
    jobs = {account: await enqueue(record, account, 20, TEXT) for account in (a, b, c)}
    found = await ReleaseStore(record).take(TEXT, 9)
    order = await owners(record, [job.id for job in found.jobs])
    assert order == [a, b, c] * 3
    for account in (a, b, c):
        mine = [job.id for job, owner in zip(found.jobs, order, strict=True) if owner == account]
        assert mine == list(jobs[account][:3])
    assert found.more


async def test_who_has_less_in_motion_comes_first(record: Pool) -> None:
    a = await tenant(record, "early")
    await enqueue(record, a, 50, TEXT)
    assert await taken(record, 6) == [a] * 6
    b = await tenant(record, "late")
    await enqueue(record, b, 50, TEXT)
    assert await taken(record, 6) == [b] * 6
    assert await taken(record, 4) == [a, b, a, b]
    await record.execute("UPDATE jobs SET state = 'completed' WHERE released AND account_id = $1", b)
    assert await taken(record, 8) == [b] * 8


async def test_turns_go_on_where_nothing_is_in_motion_any_more(record: Pool) -> None:
    """Each job is over before the next release: only the memory of who was served last keeps the turn."""
    accounts = [await tenant(record, name) for name in "abc"]
    for account in accounts:
        await enqueue(record, account, 20, TEXT)
    order: list[UUID] = []
    for limit in (1, 1, 1, 2, 2, 2, 1, 2):
        order += await taken(record, limit)
        await record.execute("UPDATE jobs SET state = 'completed' WHERE released")
    assert order == accounts * 4


async def test_one_tenant_alone_keeps_no_turns_and_goes_by_age(record: Pool) -> None:
    a = await tenant(record, "alone")
    jobs = await enqueue(record, a, 10, TEXT)
    found = await ReleaseStore(record).take(TEXT, 4)
    assert [job.id for job in found.jobs] == list(jobs[:4])
    assert await record.fetchval("SELECT count(*) FROM lane_turns") == 0
    rest = await ReleaseStore(record).take(TEXT, 40)
    assert [job.id for job in rest.jobs] == list(jobs[4:])
    assert not rest.more


async def test_what_is_not_due_and_what_is_paused_stays(record: Pool) -> None:
    await insert(record, [new_job(run_at=datetime.now(UTC) + timedelta(hours=1))])
    await record.execute("UPDATE jobs SET state = 'queued'")
    assert await taken(record, 5) == []
    await insert(record, [new_job()])
    await record.execute("INSERT INTO paused_pools (pool) VALUES ($1)", TEXT.pool)
    assert await taken(record, 5) == []
    await record.execute("DELETE FROM paused_pools")
    assert len(await taken(record, 5)) == 1


async def test_a_limit_leaves_the_rest_in_the_record(record: Pool) -> None:
    a, b = await tenant(record, "limited", max_running=3), await tenant(record, "free")
    for account in (a, b):
        await enqueue(record, account, 10, TEXT)
    store = ReleaseStore(record)
    assert await taken(record, 4, store) == [b] * 4  # until it knows of the limit, it lets the tenant wait
    await store.learn_limits()
    assert Counter(await taken(record, 8, store)) == {a: 3, b: 5}
    held = await record.fetch("SELECT id FROM jobs WHERE released AND account_id = $1 ORDER BY id", a)
    await record.execute("UPDATE jobs SET state = 'running' WHERE id = $1", held[0]["id"])
    # One that was claimed by its name is held without being released.
    await record.execute("UPDATE jobs SET state = 'claimed', released = false WHERE id = $1", held[1]["id"])
    found = await store.take(TEXT, 8)
    assert a not in await owners(record, [job.id for job in found.jobs])
    assert found.more
    await record.execute("UPDATE jobs SET state = 'completed' WHERE id = $1", held[0]["id"])
    assert await taken(record, 8, store) == [a]


async def test_two_dispatchers_together_do_not_exceed_a_limit(record: Pool) -> None:
    account = await tenant(record, "limited", max_running=5)
    await enqueue(record, account, 200, TEXT)
    stores = [ReleaseStore(record) for _ in range(4)]
    for store in stores:
        await store.learn_limits()
    for _ in range(10):
        found = await asyncio.gather(*(store.take(TEXT, 4) for store in stores))
        moving = await record.fetchval("SELECT count(*) FROM jobs WHERE released AND state = 'queued'")
        assert moving == 5
        assert sum(len(one.jobs) for one in found) <= 5
        await record.execute("UPDATE jobs SET state = 'completed' WHERE released")
    assert await record.fetchval("SELECT count(*) FROM jobs WHERE state = 'completed'") == 50


async def test_two_dispatchers_hand_out_no_job_twice(record: Pool) -> None:
    accounts = [await tenant(record, name) for name in "ab"]
    for account in accounts:
        await enqueue(record, account, 100, TEXT)
    stores = [ReleaseStore(record) for _ in range(4)]
    seen: list[UUID] = []
    while len(seen) < 200:
        for one in await asyncio.gather(*(store.take(TEXT, 16) for store in stores)):
            seen += [job.id for job in one.jobs]
    assert len(set(seen)) == len(seen) == 200
    assert await record.fetchval("SELECT count(*) FROM jobs WHERE epoch <> 1") == 0
