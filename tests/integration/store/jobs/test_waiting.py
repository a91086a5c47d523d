"""What the record knows of why jobs wait."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.support.record import PUBLIC_ACCOUNT, insert, new_job, pool_of

from headrace_contracts.ids import new_id
from headrace_store.accounts.accounts import Accounts
from headrace_store.jobs.waiting import agents_online, job_facts
from headrace_store.postgres import Pool


@pytest.fixture
async def pool(record_url: str) -> AsyncIterator[Pool]:
    async with pool_of(record_url) as pool:
        yield pool


async def test_a_job_in_the_record_comes_after_its_account_s_older_ones(pool: Pool) -> None:
    other = (await Accounts(pool).create("other", "operate")).id
    older = [new_job(), new_job(), new_job(account_id=other), new_job(priority=2), new_job(pool="q")]
    await insert(pool, older)
    mine, *_ = await insert(pool, [new_job(), new_job()])
    facts = (await job_facts(pool, [mine], counted=True))[mine]
    assert (facts.older, facts.released, facts.state) == (2, False, "queued")
    assert (await job_facts(pool, [mine], counted=False))[mine].older is None
    # In WORK it comes after all that were there before.
    await pool.execute("UPDATE jobs SET released = true")
    facts = (await job_facts(pool, [mine], counted=True))[mine]
    assert (facts.older, facts.released) == (3, True)


async def test_a_limit_comes_with_what_is_in_motion(pool: Pool) -> None:
    jobs = await insert(pool, [new_job() for _ in range(5)])
    assert (await job_facts(pool, jobs, counted=False))[jobs[0]].in_motion is None
    await Accounts(pool).set_limits(PUBLIC_ACCOUNT, max_running=2)
    await pool.execute("UPDATE jobs SET released = true WHERE id = $1", jobs[0])
    await pool.execute("UPDATE jobs SET state = 'running', released = true WHERE id = $1", jobs[1])
    await pool.execute("UPDATE jobs SET state = 'claimed' WHERE id = $1", jobs[2])
    await pool.execute("UPDATE jobs SET state = 'completed', released = true WHERE id = $1", jobs[3])
    facts = await job_facts(pool, jobs, counted=False)
    assert {(each.max_running, each.in_motion) for each in facts.values()} == {(2, 3)}


async def test_a_pause_and_a_back_off_are_seen(pool: Pool) -> None:
    [job] = await insert(pool, [new_job()])
    await pool.execute("INSERT INTO paused_pools (pool, reason) VALUES ('text-generation', 'new drivers')")
    await pool.execute("UPDATE jobs SET attempt = 2, run_at = now() + interval '1 minute' WHERE id = $1", job)
    for number, reason in ((1, "first"), (2, "second")):
        await pool.execute(
            "INSERT INTO attempts (job_id, fence, number, ended_at, outcome, reason) "
            "VALUES ($1, $2::integer, $2::integer, now(), 'handler', $3)",
            job, number, reason,
        )  # fmt: skip
    facts = (await job_facts(pool, [job], counted=False))[job]
    assert (facts.pause_reason, facts.attempt, facts.last_reason) == ("new drivers", 2, "second")


async def test_drained_agents_say_why(pool: Pool) -> None:
    async def agent(name: str, **missing: Any) -> None:
        await pool.execute(
            "INSERT INTO agents (instance, agent, platform, pools, models, missing, slots, running, draining, version, "
            "hostname, transport, started_at, seen_at) VALUES ($1, $2, 'any', '{}', '{}', $3, 2, '{}', false, '1', "
            "'h', 'jetstream', now(), now())",
            str(new_id()), name, '{"p": "needs cheese"}' if missing else "{}",
        )  # fmt: skip

    await agent("one", p="needs cheese")
    await agent("two")
    await pool.execute("INSERT INTO agent_drains (agent, reason) VALUES ('two', 'new fan')")
    one, two = await agents_online(pool, "p", silent_s=18)
    assert (one.lacks, one.draining, one.drained) == ("needs cheese", False, None)
    assert (two.lacks, two.draining, two.drained) == (None, True, "new fan")
