"""A lane whose consumer went with a wiped WORK, of which the dispatcher that releases in it has not heard."""

from __future__ import annotations

from tests.support.dispatching import TEXT, FakeAgent
from tests.support.record import insert, new_job

from headrace_contracts.bus.streams import WORK
from headrace_runtime.jetstream.client import JetStream
from headrace_store.postgres import Pool


async def test_the_last_job_of_the_lane_is_not_forgotten(
    record: Pool, js: JetStream, dispatching: None
) -> None:
    agent = FakeAgent(js)
    await insert(record, [new_job()])
    await agent.run_one()
    # As after a wipe, when another dispatcher has made the stream again.
    await js.nc.jsm().delete_consumer(WORK.name, TEXT.consumer)
    (last,) = await insert(record, [new_job()])
    assert await agent.run_one() == last
