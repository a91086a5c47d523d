"""Which pools a claim gets jobs from."""

from __future__ import annotations

from tests.support.dispatching import RestAgent
from tests.support.record import PUBLIC_ACCOUNT, insert, new_job

from headrace_contracts.jobs.lane import private_pool
from headrace_store.postgres import Pool

PRIVATE = private_pool(PUBLIC_ACCOUNT)


async def test_a_private_pool_and_projects_are_given_to_those_who_name_them(
    record: Pool, agent: RestAgent
) -> None:
    command = new_job(model="command", pool=PRIVATE, priority=3)
    project = new_job(model="project", pool="project", platform="linux-amd64", priority=3)
    general, operators = new_job(), new_job(pool="large-gpu")
    await insert(record, [command, project, general, operators])
    # What is open to all, in order of age, and nothing else.
    assert [job and job.id for job in [(await agent.claim())[0] for _ in range(3)]] == [
        general.id,
        operators.id,
        None,
    ]
    assert (await agent.claim(models=[PRIVATE]))[0] is None
    assert (await agent.claim(pools=["project"], platforms=["linux-arm64"]))[0] is None
    job, _ = await agent.claim(pools=[PRIVATE])
    assert job is not None
    assert job.id == command.id
    job, _ = await agent.claim(models=["project"], platforms=["linux-amd64"])
    assert job is not None
    assert job.id == project.id


async def test_rest_agents_are_seen_with_their_pools(record: Pool, agent: RestAgent) -> None:
    await agent.claim(pools=["project"], models=["text-generation"], platforms=["linux-arm64"])
    seen = await record.fetchrow("SELECT agent, platform, pools, transport FROM agents")
    assert seen is not None
    assert tuple(seen) == ("rest-1", "linux-arm64", ["text-generation", "project"], "rest")
