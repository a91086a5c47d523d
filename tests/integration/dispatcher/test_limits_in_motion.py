"""An account with a limit on what it has in motion: the rest waits in the record, and follows as soon as it may."""

from __future__ import annotations

from dataclasses import replace

from tests.support.dispatching import TEXT, FakeAgent, RestAgent
from tests.support.tenants import enqueue, tenant
from tests.support.waiting import until

from headrace_contracts.messages.requests import Answer, ClaimedJob, ReportKind
from headrace_runtime.jetstream.client import JetStream
from headrace_store.postgres import Pool


async def next_job(agent: RestAgent) -> tuple[ClaimedJob, str]:
    """The next job that the agent gets: a limit is known after a second, and what it keeps out waits so long."""

    async def one() -> tuple[ClaimedJob, str] | None:
        job, token = await agent.claim(models=[TEXT.pool])
        return None if job is None else (job, token)

    found: tuple[ClaimedJob, str] = await until(one)
    return found


async def test_claims_get_no_more_than_the_limit_also_by_name(record: Pool, agent: RestAgent) -> None:
    account = await tenant(record, "limited", max_running=2)
    jobs = await enqueue(record, account, 6, TEXT)
    first, _ = await next_job(agent)
    second, token = await next_job(agent)
    assert [first.id, second.id] == jobs[:2]
    assert (await agent.claim())[0] is None
    refused, _ = await agent.ask_claim(job=jobs[5])
    assert (refused.answer, refused.state) == (Answer.INVALID_STATE, "queued")
    await agent.report(second.id, token, ReportKind.COMPLETED)
    await until(lambda: record.fetchval("SELECT released FROM jobs WHERE id = $1", jobs[2]))
    # It is in motion already, so that its claim by name adds nothing.
    assert (await agent.ask_claim(job=jobs[3]))[0].answer is Answer.INVALID_STATE
    assert (await agent.ask_claim(job=jobs[2]))[0].job is not None
    assert (await agent.claim())[0] is None


async def test_the_next_follows_when_one_has_ended(record: Pool, js: JetStream, agent: RestAgent) -> None:
    account = await tenant(record, "limited", max_running=1)
    jobs = await enqueue(record, account, 3, TEXT)
    jets = FakeAgent(js)
    await jets.heartbeat()
    assert [await jets.run_one() for _ in jobs] == jobs


async def test_what_nobody_serves_uses_up_no_limit(record: Pool, agent: RestAgent) -> None:
    account = await tenant(record, "limited", max_running=1)
    await enqueue(record, account, 3, replace(TEXT, pool="nobodys"))
    (job,) = await enqueue(record, account, 1, TEXT)
    assert (await next_job(agent))[0].id == job
    assert await record.fetchval("SELECT count(*) FROM jobs WHERE pool = 'nobodys' AND released") == 0
