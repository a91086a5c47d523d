"""A job that waits goes on in another class."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.support.dispatching import TEXT, FakeAgent, RestAgent, work_is_empty
from tests.support.record import insert, new_job, row
from tests.support.waiting import until

from headrace_contracts.ids import new_id
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.messages.agents import Verdict
from headrace_contracts.messages.requests import Answer
from headrace_runtime.jetstream.client import JetStream
from headrace_store.postgres import Pool

URGENT = replace(TEXT, priority=Priority.URGENT)


async def test_one_in_work_goes_over_to_the_other_lane(record: Pool, js: JetStream, agent: RestAgent) -> None:
    older, job = await insert(record, [new_job(), new_job()])
    await until(lambda: record.fetchval("SELECT count(*) = 2 FROM jobs WHERE released"))
    assert await agent.move(job, Priority.URGENT) is not None
    found = await row(record, job)
    assert (found["priority"], found["asked_priority"]) == (3, None)
    claimed = [(await agent.claim())[0] for _ in range(3)]
    assert [None if one is None else (one.id, one.priority, one.attempt) for one in claimed] == [
        (job, 3, 1),
        (older, 1, 1),
        None,
    ]
    # Nothing of it is left in the lane that it came from.
    info = await js.nc.jsm().stream_info("WORK", subjects_filter="work.>")
    assert set(info.state.subjects or {}) == {URGENT.subject(job), TEXT.subject(older)}


async def test_who_has_fetched_it_before_is_turned_away(
    record: Pool, js: JetStream, agent: RestAgent
) -> None:
    jets = FakeAgent(js)
    (job,) = await insert(record, [new_job()])
    message, work = await jets.fetch()
    assert (await agent.move(job, Priority.URGENT)).answer is Answer.OK
    reply = await jets.start(jets.attempt(message, work))
    assert reply.jobs[0].verdict is Verdict.DROP
    assert await jets.run_one(URGENT) == job
    await until(lambda: work_is_empty(js))


async def test_only_what_waits_can_be_moved(record: Pool, js: JetStream, agent: RestAgent) -> None:
    (job,) = await insert(record, [new_job()])
    later = (await insert(record, [new_job(run_at=datetime.now(UTC) + timedelta(hours=1))]))[0]
    assert (await agent.move(later, Priority.LOW)).state == "scheduled"
    assert (await row(record, later))["priority"] == 0
    assert (await agent.move(new_id(), Priority.LOW)).answer is Answer.NOT_FOUND
    claimed, _ = await agent.claim()
    assert claimed is not None
    reply = await agent.move(job, Priority.LOW)
    assert (reply.answer, reply.state) == (Answer.INVALID_STATE, "running")
    assert (await row(record, job))["priority"] == 1


async def test_the_same_class_leaves_it_in_work_and_forgets_that_age_lifted_it(
    record: Pool, js: JetStream, agent: RestAgent
) -> None:
    (job,) = await insert(record, [new_job()])
    await until(lambda: record.fetchval("SELECT released FROM jobs"))
    await record.execute("UPDATE jobs SET asked_priority = 0")
    assert (await agent.move(job, Priority.NORMAL)).answer is Answer.OK
    found = await row(record, job)
    assert (found["released"], found["epoch"], found["asked_priority"]) == (True, 1, None)
