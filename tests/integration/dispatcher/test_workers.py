"""Registered workers: one sign of life renews all their claims, and their end gives all of them back."""

from __future__ import annotations

from uuid import UUID

from tests.support.dispatching import FakeAgent, RestAgent
from tests.support.record import PUBLIC_ACCOUNT, insert, new_job, row
from tests.support.waiting import until

from headrace_contracts.ids import new_id
from headrace_contracts.messages.requests import Answer, ReportKind
from headrace_runtime.jetstream.client import JetStream
from headrace_store.postgres import Pool


async def worker(record: Pool, js: JetStream, name: str) -> RestAgent:
    """A registered worker."""
    worker_id = new_id()
    await record.execute(
        "INSERT INTO workers (id, account_id, dialect, name, platform, token_hash)"
        " VALUES ($1, $2, 'auralis', $3, 'linux-amd64', $4)",
        worker_id, PUBLIC_ACCOUNT, name, name.encode(),
    )  # fmt: skip
    return RestAgent(js, name, worker=worker_id)


async def lapses(record: Pool) -> dict[UUID, float]:
    rows = await record.fetch("SELECT job_id, extract(epoch FROM expires_at) AS at FROM leases")
    return {found["job_id"]: float(found["at"]) for found in rows}


async def test_a_sign_of_life_renews_all_claims_of_the_worker_and_no_others(
    record: Pool, js: JetStream, dispatching: None
) -> None:
    ours, theirs = await worker(record, js, "ours"), await worker(record, js, "theirs")
    by_name, by_lane, other = await insert(record, [new_job(), new_job(pool="large-gpu"), new_job()])
    assert (await ours.claim(job=by_name))[0] is not None
    assert (await ours.claim(pools=["large-gpu"]))[0] is not None
    assert (await theirs.claim(job=other))[0] is not None
    before = await lapses(record)
    assert (await ours.alive()).answer is Answer.OK
    after = await lapses(record)
    assert {job for job in before if after[job] > before[job]} == {by_name, by_lane}


async def test_the_jobs_of_a_worker_that_is_gone_wait_again_as_lost(
    record: Pool, js: JetStream, dispatching: None
) -> None:
    ours = await worker(record, js, "ours")
    first, second = await insert(record, [new_job(), new_job(max_attempts=1)])
    _, token = await ours.claim()
    assert (await ours.claim(job=second))[0] is not None
    assert (await ours.alive(gone=True, reason="the worker was deleted")).answer is Answer.OK
    assert await record.fetchval("SELECT count(*) FROM leases") == 0
    past = await record.fetchrow("SELECT outcome, reason FROM attempts WHERE job_id = $1", first)
    assert past is not None
    assert tuple(past) == ("lost", "the worker was deleted")
    failed = await row(record, second)
    assert (failed["state"], failed["failure_code"]) == ("failed", "lost")
    assert "the worker was deleted" in failed["failure_reason"]
    assert (await ours.report(first, token, ReportKind.COMPLETED)).answer is Answer.FORBIDDEN
    assert await FakeAgent(js).run_one() == first

    async def completed() -> bool:
        return bool((await row(record, first))["state"] == "completed")

    await until(completed)
    assert (await row(record, first))["attempt"] == 2


async def test_a_claim_for_an_unknown_worker_is_a_claim_like_others(
    record: Pool, js: JetStream, dispatching: None
) -> None:
    nobody = RestAgent(js, worker=new_id())
    await insert(record, [new_job(), new_job()])
    assert (await nobody.claim())[0] is not None
    assert (await nobody.claim(job=(await insert(record, [new_job()]))[0]))[0] is not None
    assert await record.fetchval("SELECT count(*) FROM leases WHERE worker_id IS NULL") == 2
    assert (await nobody.alive(gone=True)).answer is Answer.OK
    assert await record.fetchval("SELECT count(*) FROM leases") == 2
