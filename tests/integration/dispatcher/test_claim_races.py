"""One job, wanted by several at the same moment: one of them gets it."""

from __future__ import annotations

import asyncio
from uuid import UUID

from tests.support.dispatching import TEXT, FakeAgent, RestAgent, completed, work_is_empty
from tests.support.record import insert, new_job, row
from tests.support.waiting import until

from headrace_contracts.bus import subjects
from headrace_contracts.bus.streams import lane_consumer
from headrace_contracts.messages.bells import QueuedBell
from headrace_contracts.messages.codec import decode, encode
from headrace_contracts.messages.requests import Answer, ReportKind
from headrace_contracts.messages.work import WorkMessage
from headrace_runtime.jetstream.client import JetStream
from headrace_store.postgres import Pool

ROUNDS = 50


async def attempts(pool: Pool, job_id: UUID) -> tuple[str, int]:
    found = await row(pool, job_id)
    return found["state"], found["attempt"]


async def test_two_claims_of_one_job(record: Pool, js: JetStream, agent: RestAgent) -> None:
    other = RestAgent(js, "rest-2")
    for _ in range(ROUNDS):
        (job_id,) = await insert(record, [new_job()])
        claims = await asyncio.gather(*(rival.ask_claim(job=job_id) for rival in (agent, other)))
        won = [(reply, token) for reply, token in claims if reply.job is not None]
        lost = [reply for reply, _ in claims if reply.job is None]
        assert len(won) == 1
        assert (lost[0].answer, lost[0].state) == (Answer.INVALID_STATE, "running")
        assert (await agent.report(job_id, won[0][1], ReportKind.COMPLETED)).answer is Answer.OK
        assert await attempts(record, job_id) == ("completed", 1)
    await until(lambda: work_is_empty(js))


async def test_a_claim_of_one_job_against_an_agent_that_fetches_it(
    record: Pool, js: JetStream, agent: RestAgent
) -> None:
    fetcher = FakeAgent(js)
    winners = set()

    async def fetch_and_start(job_id: UUID) -> bool:
        """Whether the fetched job was given to us; if so, it is done."""
        for message in await js.fetch(lane_consumer(TEXT), 1, expires_s=0.5):
            work = decode(message.data, WorkMessage)
            assert work.id == job_id
            attempt = fetcher.attempt(message, work)
            go = (await fetcher.start(attempt)).jobs[0].verdict == "go"
            if go:
                await fetcher.tell(completed(attempt))
            await js.ack_many([message.reply])
            return go
        return False

    async def claim(job_id: UUID, delay_s: float) -> bool:
        await asyncio.sleep(delay_s)
        reply, token = await agent.ask_claim(job=job_id)
        if reply.job is None:
            assert reply.answer is Answer.INVALID_STATE
            return False
        assert (await agent.report(job_id, token, ReportKind.COMPLETED)).answer is Answer.OK
        return True

    # The lane's consumer is there from here on.
    await insert(record, [new_job()])
    await fetcher.run_one()
    for number in range(ROUNDS):
        (job_id,) = await insert(record, [new_job()])
        await js.nc.publish(subjects.BELL_QUEUED, encode(QueuedBell(lanes=[str(TEXT)])))
        await until(lambda: one_message(js), every_s=0.002)
        # Now and then a little later, so that either side comes first sometimes.
        got = await asyncio.gather(fetch_and_start(job_id), claim(job_id, (number % 5) * 0.002))
        assert sorted(got) == [False, True]
        winners.add(got.index(True))
        await until(lambda job_id=job_id: done(record, job_id))  # type: ignore[misc] # binds now
        assert await attempts(record, job_id) == ("completed", 1)
    await until(lambda: work_is_empty(js))
    assert winners == {0, 1}, "one side always came first: this was no race"


async def one_message(js: JetStream) -> bool:
    info = await js.nc.jsm().stream_info("WORK")
    return info.state.messages == 1


async def done(pool: Pool, job_id: UUID) -> bool:
    return (await attempts(pool, job_id))[0] == "completed"
