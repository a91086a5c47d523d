"""REST claims: over the same consumers, under leases that any dispatcher keeps."""

from __future__ import annotations

import asyncio
from uuid import UUID

from tests.support.dispatching import RestAgent, dispatcher_settings, running_dispatcher, work_is_empty
from tests.support.record import insert, new_job, row
from tests.support.servers import S3Access
from tests.support.waiting import until

from headrace_contracts.bus import subjects
from headrace_contracts.limits import ACK_WAIT_S
from headrace_contracts.messages.bells import QueuedBell
from headrace_contracts.messages.codec import encode
from headrace_contracts.messages.requests import Answer, ClaimedJob, ReportKind
from headrace_runtime.jetstream.client import JetStream
from headrace_store.postgres import Pool


async def test_a_claim_right_after_the_insert_finds_the_job(record: Pool, agent: RestAgent) -> None:
    for _ in range(5):
        (job_id,) = await insert(record, [new_job()])
        job, token = await agent.claim()
        assert job is not None
        assert (job.id, job.model, job.attempt) == (job_id, "text-generation", 1)
        assert bytes(job.payload) == b'{"prompt": "hello"}'
        assert (await agent.report(job_id, token, ReportKind.COMPLETED)).answer is Answer.OK


async def test_claims_are_ordered_by_priority_then_age_over_all_models(
    record: Pool, js: JetStream, agent: RestAgent
) -> None:
    jobs = [
        new_job(model="image-classification", pool="image-classification"),
        new_job(),
        new_job(model="image-classification", pool="image-classification", priority=2),
        new_job(priority=0),
        new_job(model="speech-to-text", pool="speech-to-text"),
    ]
    await insert(record, jobs)
    order = [(await agent.claim())[0] for _ in jobs]
    assert [job and job.id for job in order] == [jobs[i].id for i in (2, 0, 1, 4, 3)]
    assert (await agent.claim())[0] is None


async def test_a_claim_is_open_to_the_stated_models_and_platforms_only(
    record: Pool, agent: RestAgent
) -> None:
    arm = new_job(platform="linux-arm64")
    await insert(record, [arm])
    assert (await agent.claim(models=["speech-to-text"]))[0] is None
    assert (await agent.claim(platforms=["linux-amd64"]))[0] is None
    job, _ = await agent.claim(models=["text-generation"], platforms=["linux-arm64"])
    assert job is not None
    assert job.id == arm.id


async def test_a_return_is_recorded_once_and_empties_work(
    record: Pool, js: JetStream, agent: RestAgent
) -> None:
    (job_id,) = await insert(record, [new_job()])
    _, token = await agent.claim()
    assert (await agent.report(job_id, "00" * 32, ReportKind.COMPLETED)).answer is Answer.FORBIDDEN
    assert (await agent.report(job_id, token, ReportKind.COMPLETED)).answer is Answer.OK
    assert (await agent.report(job_id, token, ReportKind.COMPLETED)).answer is Answer.INVALID_STATE
    assert (await row(record, job_id))["result"] == '{"a": 1}'
    assert await record.fetchval("SELECT count(*) FROM leases") == 0
    await until(lambda: work_is_empty(js))


async def test_a_lapsed_lease_queues_the_job_again_and_kills_the_token(
    record: Pool, agent: RestAgent
) -> None:
    (job_id,) = await insert(record, [new_job(max_attempts=2)])
    _, old = await agent.claim(lease_s=0.5)

    async def again() -> tuple[ClaimedJob | None, str] | None:
        job, token = await agent.claim(lease_s=0.5)
        return (job, token) if job else None

    job, token = await until(again)
    assert job is not None
    assert (job.id, job.attempt) == (job_id, 2)
    assert (await agent.report(job_id, old, ReportKind.COMPLETED)).answer is Answer.FORBIDDEN
    assert (await agent.report(job_id, token, ReportKind.ALIVE)).answer is Answer.OK

    async def failed() -> bool:
        return bool((await row(record, job_id))["state"] == "failed")

    await until(failed)
    found = await row(record, job_id)
    assert found["failure_code"] == "lost"
    assert "attempt 2" in found["failure_reason"]


async def test_a_sign_of_life_renews_the_lease(record: Pool, agent: RestAgent) -> None:
    (job_id,) = await insert(record, [new_job()])
    _, token = await agent.claim(lease_s=60)
    before = await record.fetchval("SELECT expires_at FROM leases")
    assert (await agent.report(job_id, token, ReportKind.ALIVE)).answer is Answer.OK
    assert await record.fetchval("SELECT expires_at FROM leases") > before


async def test_any_dispatcher_takes_the_return_and_keeps_the_lease(
    record: Pool, js: JetStream, nats_url: str, record_url: str, bucket: S3Access
) -> None:
    settings = dispatcher_settings(nats_url, record_url, bucket)
    agent = RestAgent(js)
    (job_id,) = await insert(record, [new_job()])
    async with running_dispatcher(settings):
        _, token = await agent.claim()
    async with running_dispatcher(settings):
        assert (await agent.report(job_id, token, ReportKind.COMPLETED)).answer is Answer.OK
        await until(lambda: work_is_empty(js))


async def test_a_claim_outlives_the_ack_wait_of_its_message(
    record: Pool, js: JetStream, agent: RestAgent
) -> None:
    (job_id,) = await insert(record, [new_job()])
    _, token = await agent.claim(lease_s=60)
    end = asyncio.get_running_loop().time() + ACK_WAIT_S + 2
    while asyncio.get_running_loop().time() < end:
        again, _ = await agent.claim()
        assert again is None
        await asyncio.sleep(0.5)
    assert (await row(record, job_id))["attempt"] == 1
    assert (await agent.report(job_id, token, ReportKind.COMPLETED)).answer is Answer.OK


async def test_cancelling(record: Pool, js: JetStream, agent: RestAgent) -> None:
    waiting, held = await insert(record, [new_job(model="speech-to-text", pool="speech-to-text"), new_job()])
    _, token = await agent.claim(models=["text-generation"])
    await js.nc.publish(
        subjects.BELL_QUEUED, encode(QueuedBell(lanes=["any/speech-to-text/normal"]))
    )  # the waiting one is on its way into WORK, or there
    for job_id in (waiting, held):
        assert (await agent.cancel(job_id)).state == "cancelled"
        assert (await agent.cancel(job_id)).answer is Answer.INVALID_STATE
    assert (await agent.report(held, token, ReportKind.COMPLETED)).answer is Answer.INVALID_STATE
    assert (await agent.cancel(new_job().id)).answer is Answer.NOT_FOUND
    await until(lambda: work_is_empty(js))


async def test_many_claims_at_once_get_each_job_once(record: Pool, agent: RestAgent) -> None:
    ids = await insert(record, [new_job() for _ in range(40)])
    got: list[UUID] = []

    async def worker() -> None:
        while len(got) < len(ids):
            job, _ = await agent.claim()
            if job is not None:
                got.append(job.id)

    async with asyncio.timeout(30):
        await asyncio.gather(*(worker() for _ in range(8)))
    assert sorted(got) == sorted(ids)
