"""What the dispatcher repairs: lost agents, a wiped JetStream, lost bells, other dispatchers that died."""

from __future__ import annotations

from uuid import UUID

from tests.support.dispatching import TEXT, FakeAgent, completed, dispatcher_settings, running_dispatcher
from tests.support.record import insert, new_job, row
from tests.support.servers import S3Access, delete_streams
from tests.support.waiting import until

from headrace_contracts.bus import subjects
from headrace_contracts.messages.agents import Goodbye, Stop
from headrace_contracts.messages.codec import decode, encode
from headrace_contracts.messages.events import EventBatch
from headrace_dispatcher.store.release import ReleaseStore
from headrace_runtime.jetstream.client import JetStream
from headrace_store.postgres import Pool


async def state(pool: Pool, job_id: UUID, wanted: str) -> bool:
    return bool((await row(pool, job_id))["state"] == wanted)


async def test_a_wiped_jetstream_loses_no_job(record: Pool, js: JetStream, dispatching: None) -> None:
    ids = await insert(record, [new_job() for _ in range(30)])
    agent = FakeAgent(js)
    await agent.fetch()
    await delete_streams(js.nc)
    done = {await agent.run_one() for _ in ids}
    assert done == set(ids)
    for job_id in ids:
        await until(lambda job_id=job_id: state(record, job_id, "completed"))  # type: ignore[misc] # binds now


async def test_an_outcome_that_was_lost_with_events_is_noticed(
    record: Pool, js: JetStream, dispatching: None
) -> None:
    (job_id,) = await insert(record, [new_job()])
    agent = FakeAgent(js)
    message, work = await agent.fetch()
    attempt = agent.attempt(message, work)
    await agent.start(attempt)
    # Its outcome was confirmed by EVENTS and the message acked; then EVENTS was wiped before it was recorded.
    await js.ack_many([message.reply])
    await delete_streams(js.nc)
    await agent.heartbeat()
    await until(lambda: state(record, job_id, "queued"))
    assert await agent.run_one() == job_id
    await until(lambda: state(record, job_id, "completed"))
    assert (await row(record, job_id))["attempt"] == 2


async def test_a_job_whose_agent_still_runs_it_is_left_alone_without_a_message(
    record: Pool, js: JetStream, dispatching: None
) -> None:
    running, other = await insert(record, [new_job(), new_job()])
    agent = FakeAgent(js)
    message, work = await agent.fetch()
    attempt = agent.attempt(message, work)
    await agent.start(attempt)
    await agent.heartbeat(attempt)
    await delete_streams(js.nc)
    # The other job comes back by the reconcile, so that many rounds have passed.
    assert await agent.run_one() == other
    assert await state(record, running, "running")
    await agent.tell(completed(attempt))
    await until(lambda: state(record, running, "completed"))
    assert (await row(record, running))["attempt"] == 1


async def test_the_job_of_an_agent_that_said_goodbye_waits_again(
    record: Pool, js: JetStream, dispatching: None
) -> None:
    (job_id,) = await insert(record, [new_job()])
    agent = FakeAgent(js)
    message, work = await agent.fetch()
    attempt = agent.attempt(message, work)
    await agent.start(attempt)
    await agent.heartbeat(attempt)
    await js.nc.publish(subjects.GOODBYE, encode(Goodbye(agent=agent.name, instance=agent.instance)))
    await until(lambda: state(record, job_id, "queued"))
    await js.nak(message.reply, 0)
    other = FakeAgent(js, "agent-2")
    assert await other.run_one() == job_id
    await until(lambda: state(record, job_id, "completed"))
    assert (await row(record, job_id))["attempt"] == 2


async def test_a_job_whose_release_was_undone_by_mistake_is_missed_like_others(
    record: Pool, js: JetStream, dispatching: None
) -> None:
    (job_id,) = await insert(record, [new_job()])
    agent = FakeAgent(js)
    message, work = await agent.fetch()
    # The stream had stored the message, but its answer was lost.
    await ReleaseStore(record).put_back([(job_id, work.epoch)])
    await record.execute("UPDATE jobs SET run_at = now() + interval '1 hour' WHERE id = $1", job_id)
    attempt = agent.attempt(message, work)
    assert (await agent.start(attempt)).jobs[0].verdict == "go"
    await agent.heartbeat(attempt)
    await js.nc.publish(subjects.GOODBYE, encode(Goodbye(agent=agent.name, instance=agent.instance)))
    await until(lambda: state(record, job_id, "queued"))
    await js.nak(message.reply, 0)
    assert await FakeAgent(js, "agent-2").run_one() == job_id


async def test_a_silent_agent_is_lost(
    record: Pool, js: JetStream, nats_url: str, record_url: str, bucket: S3Access
) -> None:
    settings = dispatcher_settings(nats_url, record_url, bucket).model_copy(update={"agent_silent_s": 1.5})
    async with running_dispatcher(settings):
        (job_id,) = await insert(record, [new_job(max_attempts=1)])
        agent = FakeAgent(js)
        message, work = await agent.fetch()
        attempt = agent.attempt(message, work)
        await agent.start(attempt)
        await agent.heartbeat(attempt)
        await until(lambda: state(record, job_id, "failed"))
        found = await row(record, job_id)
        assert found["failure_code"] == "lost"
        # What it says after that is not heard.
        await agent.tell(completed(attempt))
        assert (await agent.heartbeat(attempt)).stop == [attempt]
        assert await state(record, job_id, "failed")


async def test_a_run_over_its_time_that_nobody_stopped_fails_and_is_stopped(
    record: Pool, js: JetStream, nats_url: str, record_url: str, bucket: S3Access
) -> None:
    settings = dispatcher_settings(nats_url, record_url, bucket, timeout_grace_s=1.0)
    async with running_dispatcher(settings):
        (job_id,) = await insert(record, [new_job(timeout_s=0.5)])
        agent = FakeAgent(js)
        stops = await js.nc.subscribe(subjects.stop(agent.instance))
        message, work = await agent.fetch()
        attempt = agent.attempt(message, work)
        await agent.start(attempt)
        stop = decode((await stops.next_msg(timeout=20)).data, Stop)
        assert (stop.id, stop.fence) == (attempt.id, attempt.fence)
        found = await row(record, job_id)
        assert (found["state"], found["failure_code"]) == ("failed", "timeout")


async def test_a_message_without_a_job_is_removed(record: Pool, js: JetStream, dispatching: None) -> None:
    await js.publish_many([(TEXT.subject(new_job().id), b"{}", None, None)])

    async def gone() -> bool:
        return (await js.nc.jsm().stream_info("WORK")).state.messages == 0

    await until(gone)


async def test_events_that_nobody_can_read_do_not_stop_the_recorder(
    record: Pool, js: JetStream, dispatching: None
) -> None:
    await js.publish_many([("events.x", b"not json", None, None)])
    newer = encode(EventBatch(agent="x", instance="x", events=[])).replace(b"{", b'{"v":99,', 1)
    await js.publish_many([("events.x", newer, None, None)])
    (job_id,) = await insert(record, [new_job()])
    await FakeAgent(js).run_one()
    await until(lambda: state(record, job_id, "completed"))


async def test_two_dispatchers_side_by_side_and_one_dies(
    record: Pool, js: JetStream, nats_url: str, record_url: str, bucket: S3Access
) -> None:
    settings = dispatcher_settings(nats_url, record_url, bucket)
    agent = FakeAgent(js)
    async with running_dispatcher(settings):
        async with running_dispatcher(settings):
            ids = set(await insert(record, [new_job() for _ in range(60)]))
            done = {await agent.run_one() for _ in range(30)}
        done |= {await agent.run_one() for _ in range(30)}
        assert done == ids
        for job_id in ids:
            await until(lambda job_id=job_id: state(record, job_id, "completed"))  # type: ignore[misc] # binds now
        attempts = await record.fetch("SELECT attempt, epoch FROM jobs")
        assert {tuple(found) for found in attempts} == {(1, 1)}
