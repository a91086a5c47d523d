"""What the estimates read from a real record."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.record import insert, new_job, pool_of

from headrace_api.store.estimates import RecordEstimates
from headrace_contracts.ids import new_id
from headrace_contracts.jobs.lane import Lane, private_pool
from headrace_contracts.jobs.priority import Priority
from headrace_store.postgres import Pool

PRIVATE = private_pool(new_id())
LANE = Lane("any", "p", Priority.NORMAL)


@pytest.fixture
async def pool(record_url: str) -> AsyncIterator[Pool]:
    async with pool_of(record_url) as pool:
        yield pool


async def test_run_times_are_those_of_jobs_that_ran_to_an_end(pool: Pool) -> None:
    record = RecordEstimates(pool)
    assert await record.runs() == {}
    ids = await insert(pool, [new_job(pool="p", model="m") for _ in range(4)])
    await pool.execute(
        "UPDATE jobs SET state = s.state, started_at = now() - make_interval(secs => s.seconds), finished_at = now() "
        "FROM unnest($1::uuid[], $2::text[], $3::double precision[]) AS s (id, state, seconds) WHERE jobs.id = s.id",
        ids,
        ["completed", "failed", "completed", "cancelled"],
        [2.0, 4.0, 9.0, 1000.0],
    )
    [(key, times)] = (await record.runs()).items()
    assert key == ("p", "m")
    assert times.runs == 3
    assert (round(times.mean_s, 3), round(times.median_s, 3)) == (5.0, 4.0)


async def test_the_load_counts_what_goes_first(pool: Pool) -> None:
    record = RecordEstimates(pool)
    older = await insert(pool, [new_job(pool="p"), new_job(pool="p", platform="linux-arm64")])
    mine, *_ = await insert(pool, [new_job(pool="p")])
    await insert(
        pool,
        [new_job(pool="p", priority=2), new_job(pool="p"), new_job(pool="p", priority=0), new_job(pool="q")],
    )
    assert (await record.load(LANE, mine)).ahead == 3
    assert (await record.load(LANE, None)).ahead == 5
    assert (await record.load(Lane("linux-amd64", "p", Priority.NORMAL), mine)).ahead == 2
    assert (await record.load(Lane("any", "p", Priority.URGENT), None)).ahead == 0
    await pool.execute("UPDATE jobs SET state = 'running', released = true WHERE id = ANY ($1)", older)
    load = await record.load(LANE, mine)
    assert (load.ahead, load.running, load.slots) == (1, 2, 0)
    # Claimed by its name: held, and not released.
    await pool.execute("UPDATE jobs SET released = false WHERE id = $1", older[0])
    await pool.execute(
        "INSERT INTO leases (job_id, fence, lease_s, expires_at) VALUES ($1, 1, 60, now())", older[0]
    )
    assert (await record.load(LANE, mine)).running == 2


async def test_slots_are_those_of_agents_that_are_here(pool: Pool) -> None:
    record = RecordEstimates(pool)
    for platform, pools, draining, age_s, transport in (
        ("linux-amd64", ["p", "q"], False, 0, "jetstream"),
        ("linux-arm64", ["p"], False, 0, "jetstream"),
        ("linux-amd64", ["p"], True, 0, "jetstream"),
        ("linux-amd64", ["p"], False, 600, "jetstream"),
        ("linux-amd64", ["q"], False, 0, "jetstream"),
        ("any", ["p", PRIVATE], False, 0, "rest"),
        ("any", [], False, 0, "rest"),
    ):
        await pool.execute(
            "INSERT INTO agents (instance, agent, platform, pools, models, missing, slots, running, draining, version, "
            "hostname, transport, started_at, seen_at) VALUES ($1, 'a', $2, $3, '{}', '{}', 2, '{}', $4, '1', 'h', "
            "$6, now(), now() - make_interval(secs => $5))",
            str(new_id()),
            platform,
            pools,
            draining,
            age_s,
            transport,
        )
    load = await record.load(LANE, None)
    assert (load.slots, load.rest) == (4, 4)
    assert (await record.load(Lane("linux-arm64", "p", Priority.LOW), None)).slots == 2
    # What belongs to one account is served by those that name it.
    private = await record.load(Lane("any", PRIVATE, Priority.LOW), None)
    assert (private.slots, private.rest) == (0, 2)


async def test_the_price_is_the_operator_s(pool: Pool) -> None:
    record = RecordEstimates(pool)
    await pool.execute("INSERT INTO pools (name, price_per_hour) VALUES ('p', 1.25), ('free', NULL)")
    assert await record.price_per_hour("p") == 1.25
    assert await record.price_per_hour("free") is None
    assert await record.price_per_hour("none") is None
