"""An operator revokes a worker without asking a dispatcher: its jobs go to others all the same."""

from __future__ import annotations

from tests.support.dispatching import FakeAgent, RestAgent
from tests.support.record import PUBLIC_ACCOUNT, insert, new_job, row
from tests.support.waiting import until

from headrace_contracts.messages.requests import Answer, ReportKind
from headrace_runtime.jetstream.client import JetStream
from headrace_store.accounts.workers import NewWorker, Workers
from headrace_store.postgres import Pool


async def test_the_jobs_of_a_revoked_worker_run_elsewhere(
    record: Pool, js: JetStream, dispatching: None
) -> None:
    workers = Workers(record, silent_s=90)
    worker_id, _, _ = await workers.register(
        NewWorker(
            account_id=PUBLIC_ACCOUNT,
            dialect="auralis",
            name="rig",
            platform="linux-amd64",
            token_prefix="aw_",
        )
    )
    agent = RestAgent(js, "rig", worker=worker_id)
    [job] = await insert(record, [new_job()])
    _, token = await agent.claim(job=job)
    assert await workers.held(worker_id) == [job]
    assert await workers.delete(None, worker_id)
    assert await workers.lapse(worker_id) == 1

    async def waits() -> bool:
        return bool((await row(record, job))["state"] == "queued")

    await until(waits)
    assert (await agent.report(job, token, ReportKind.COMPLETED)).answer is Answer.FORBIDDEN
    assert await FakeAgent(js).run_one() == job
