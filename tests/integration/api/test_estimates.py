"""What the estimates read from a real record."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from tests.support.record import PUBLIC_ACCOUNT, insert, new_job, pool_of

from headrace_api.core.load import ClassLoad
from headrace_api.store.estimates import RecordEstimates
from headrace_contracts.ids import new_id
from headrace_contracts.jobs.lane import private_pool
from headrace_contracts.jobs.priority import Priority
from headrace_store.accounts.accounts import Accounts
from headrace_store.accounts.workers import NewWorker, Workers
from headrace_store.postgres import Pool

PRIVATE = private_pool(new_id())


@pytest.fixture
async def pool(record_url: str) -> AsyncIterator[Pool]:
    async with pool_of(record_url) as pool:
        yield pool


def estimates(pool: Pool) -> RecordEstimates:
    return RecordEstimates(pool, worker_silent_s=60)


async def test_run_times_are_those_of_jobs_that_ran_to_an_end(pool: Pool) -> None:
    record = estimates(pool)
    assert await record.runs("p") == {}
    ids = await insert(pool, [new_job(pool="p", model="m") for _ in range(4)])
    await pool.execute(
        "UPDATE jobs SET state = s.state, started_at = now() - make_interval(secs => s.seconds), finished_at = now() "
        "FROM unnest($1::uuid[], $2::text[], $3::double precision[]) AS s (id, state, seconds) WHERE jobs.id = s.id",
        ids,
        ["completed", "failed", "completed", "cancelled"],
        [2.0, 4.0, 9.0, 1000.0],
    )
    # However many wait behind them.
    await insert(pool, [new_job(pool="p") for _ in range(600)])
    [(model, times)] = (await record.runs("p")).items()
    assert model == "m"
    assert times.runs == 3
    assert (round(times.mean_s, 3), round(times.median_s, 3)) == (5.0, 4.0)
    assert await record.runs("q") == {}


async def account(pool: Pool) -> UUID:
    return (await Accounts(pool).create("somebody", "operate")).id


async def test_the_load_counts_what_waits_by_class_and_account(pool: Pool) -> None:
    record, other = estimates(pool), await account(pool)
    first, *_ = await insert(pool, [new_job(pool="p"), new_job(pool="p", platform="linux-arm64")])
    await insert(
        pool,
        [
            new_job(pool="p", priority=2),
            *(new_job(pool="p", account_id=other) for _ in range(3)),
            new_job(pool="p", priority=0),
            new_job(pool="q"),
        ],
    )
    await pool.execute("UPDATE jobs SET released = true WHERE id = $1", first)
    classes = await record.waiting("any", "p")
    assert classes[Priority.NORMAL] == ClassLoad(released=1, accounts={PUBLIC_ACCOUNT: 1, other: 3})
    assert classes[Priority.HIGH].all == classes[Priority.LOW].all == 1
    assert Priority.URGENT not in classes
    # A machine of another platform has less before it.
    assert (await record.waiting("linux-amd64", "p"))[Priority.NORMAL].accounts == {other: 3}


async def agent(pool: Pool, *pools: str, **changes: Any) -> str:
    instance = str(new_id())
    row = {
        "agent": "a",
        "platform": "linux-amd64",
        "draining": False,
        "age_s": 0,
        "transport": "jetstream",
        **changes,
    }
    await pool.execute(
        "INSERT INTO agents (instance, agent, platform, pools, models, missing, slots, running, draining, version, "
        "hostname, transport, started_at, seen_at) VALUES ($1, $7, $2, $3, '{}', '{}', 2, '{}', $4, '1', 'h', "
        "$6, now(), now() - make_interval(secs => $5))",
        instance, row["platform"], list(pools), row["draining"], row["age_s"], row["transport"], row["agent"],
    )  # fmt: skip
    return instance


async def test_slots_are_those_of_agents_that_are_here(pool: Pool) -> None:
    record = estimates(pool)
    await agent(pool, "p", "q")
    await agent(pool, "p", platform="linux-arm64")
    await agent(pool, "p", draining=True)
    await agent(pool, "p", age_s=600)
    await agent(pool, "q")
    await agent(pool, "p", PRIVATE, platform="any", transport="rest")
    await agent(pool, platform="any", transport="rest")
    load = await record.servers("any", "p")
    assert (load.slots, load.rest) == (4, 4)
    assert (await record.servers("linux-arm64", "p")).slots == 2
    # What belongs to one account is served by those that name it.
    private = await record.servers("any", PRIVATE)
    assert (private.slots, private.rest) == (0, 2)
    await pool.execute("INSERT INTO agent_drains (agent) VALUES ('a')")
    assert (await record.servers("any", "p")).servers == 0


async def test_what_runs_at_those_who_serve_the_pool_is_seen_in_all_pools(pool: Pool) -> None:
    record = estimates(pool)
    here, elsewhere = await agent(pool, "p", "q"), await agent(pool, "q")
    jobs = await insert(pool, [new_job(pool=name) for name in ("p", "q", "q", "p", "q")])
    await pool.execute(
        "UPDATE jobs SET state = 'running', released = true, instance = r.instance, "
        "started_at = now() - make_interval(secs => r.seconds) "
        "FROM unnest($1::uuid[], $2::text[], $3::double precision[]) AS r (id, instance, seconds) "
        "WHERE jobs.id = r.id",
        jobs,
        [here, here, elsewhere, None, None],  # the last two are claims over REST
        [1.0, 2.0, 3.0, 4.0, 5.0],
    )
    load = await record.servers("any", "p")
    assert sorted(round(each) for each in load.elapsed_s) == [1, 2, 4]
    assert (load.slots, load.holders, load.servers) == (2, 1, 3)


async def test_registered_workers_serve_what_they_may_claim(pool: Pool) -> None:
    record, owner, other = estimates(pool), await account(pool), await account(pool)
    workers = Workers(pool, silent_s=60)
    for dialect, holder in (("jobserver", owner), ("jobserver", other), ("auralis", other)):
        await workers.register(
            NewWorker(
                account_id=holder,
                dialect=dialect,
                name=f"w-{holder}-{dialect}",
                platform="any",
                token_prefix="w_",
            )
        )
    assert (await record.servers("any", private_pool(owner))).workers == 1
    assert (await record.servers("any", "project")).workers == 1
    assert (await record.servers("any", "p")).workers == 0
    await pool.execute("UPDATE workers SET seen_at = now() - interval '2 minutes'")
    assert (await record.servers("any", "project")).workers == 0


async def test_the_price_is_the_operator_s(pool: Pool) -> None:
    record = estimates(pool)
    await pool.execute("INSERT INTO pools (name, price_per_hour) VALUES ('p', 1.25), ('free', NULL)")
    assert await record.price_per_hour("p") == 1.25
    assert await record.price_per_hour("free") is None
    assert await record.price_per_hour("none") is None
