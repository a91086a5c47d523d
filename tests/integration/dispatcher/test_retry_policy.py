"""What follows a failed attempt is what the job's own policy says, over both transports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.support.dispatching import FakeAgent, RestAgent, dispatcher_settings, running_dispatcher
from tests.support.record import new_job, row
from tests.support.servers import S3Access
from tests.support.waiting import until

from headrace_contracts.jobs.retry import RetryPolicy
from headrace_contracts.jobs.state import JobState
from headrace_contracts.messages.agents import Attempt
from headrace_contracts.messages.events import Failed, FailureCode
from headrace_contracts.messages.requests import Answer, ReportKind
from headrace_dispatcher.recorder.outcome import Outcome
from headrace_dispatcher.recorder.writer import OutcomeWriter
from headrace_dispatcher.store.attempts import AttemptStore
from headrace_dispatcher.store.outcomes import OutcomeStore
from headrace_dispatcher.wakes import Wakes
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.telemetry import Telemetry
from headrace_store.jobs.unit import Extras, Unit, submit_unit
from headrace_store.postgres import Pool

HANDLER = FailureCode.HANDLER


def policy(*codes: FailureCode, **fields: Any) -> RetryPolicy:
    return RetryPolicy(**{"backoff_s": 0.0, "max_attempts": 2, "retry_on": frozenset(codes), **fields})


async def submitted(pool: Pool, retry: RetryPolicy | None, **fields: Any) -> UUID:
    """A job with a policy, stored as the API does."""
    job = new_job(max_attempts=3 if retry is None else retry.max_attempts, **fields)
    extras = Extras(job_id=job.id, retry=None if retry is None else retry.text)
    await submit_unit(pool, Unit(jobs=[job], extras=[extras]))
    return job.id


async def in_state(pool: Pool, job_id: UUID, wanted: str) -> bool:
    return bool((await row(pool, job_id))["state"] == wanted)


async def history(pool: Pool, job_id: UUID) -> list[tuple[int, str, str]]:
    rows = await pool.fetch(
        "SELECT number, outcome, reason FROM attempts WHERE job_id = $1 ORDER BY fence", job_id
    )
    return [tuple(each) for each in rows]


def failed(attempt: Attempt, code: FailureCode) -> Failed:
    now = datetime.now(UTC)
    return Failed(id=attempt.id, fence=attempt.fence, started_at=now, finished_at=now, reason="no", code=code)


async def fail(agent: FakeAgent, code: FailureCode) -> None:
    """Fetch, start, fail and ack one job."""
    message, work = await agent.fetch()
    attempt = agent.attempt(message, work)
    assert (await agent.start(attempt)).jobs[0].verdict == "go"
    await agent.tell(failed(attempt, code))
    await agent.js.ack_many([message.reply])


async def test_what_a_handler_refuses_is_tried_again_where_the_policy_says_so(
    record: Pool, js: JetStream, dispatching: None
) -> None:
    job_id = await submitted(record, policy(HANDLER, max_attempts=3))
    agent = FakeAgent(js)
    await fail(agent, HANDLER)
    await fail(agent, HANDLER)
    assert await agent.run_one() == job_id
    await until(lambda: in_state(record, job_id, "completed"))
    assert (await row(record, job_id))["attempt"] == 3
    assert await history(record, job_id) == [(1, "handler", "no"), (2, "handler", "no")]
    assert await record.fetchval("SELECT count(*) FROM dead_letters") == 0


async def test_the_wait_is_the_policys(record: Pool, js: JetStream, dispatching: None) -> None:
    job_id = await submitted(record, policy(HANDLER, backoff_s=100.0, longest_s=1000.0, jitter=0.5))
    before = datetime.now(UTC)
    await fail(FakeAgent(js), HANDLER)
    await until(lambda: in_state(record, job_id, "queued"))
    run_at = (await row(record, job_id))["run_at"]
    assert before + timedelta(seconds=50) <= run_at <= datetime.now(UTC) + timedelta(seconds=100)


async def test_what_the_policy_does_not_name_fails_at_once(
    record: Pool, js: JetStream, dispatching: None
) -> None:
    job_id = await submitted(record, policy(HANDLER))
    await fail(FakeAgent(js), FailureCode.CRASH)
    await until(lambda: in_state(record, job_id, "failed"))
    found = await row(record, job_id)
    assert (found["failure_code"], found["failure_reason"], found["attempt"]) == ("crash", "no", 1)


async def test_a_failure_over_rest_is_tried_again_and_its_claim_is_over(
    record: Pool, js: JetStream, agent: RestAgent
) -> None:
    job_id = await submitted(record, policy(HANDLER))
    first, token = await agent.claim()
    assert first is not None
    answer = await agent.report(job_id, token, ReportKind.FAILED)
    assert (answer.answer, answer.state) == (Answer.OK, "queued")
    assert await record.fetchval("SELECT count(*) FROM leases") == 0
    assert (await agent.report(job_id, token, ReportKind.COMPLETED)).answer is Answer.FORBIDDEN

    async def again() -> Any:
        job, second = await agent.claim()
        return (job, second) if job is not None else None

    job, second = await until(again)
    assert (job.id, job.attempt) == (job_id, 2)
    assert job.fence > first.fence
    assert (await agent.report(job_id, second, ReportKind.FAILED)).state == "failed"
    found = await row(record, job_id)
    assert found["failure_reason"] == "why; that was attempt 2, the last one"
    assert await history(record, job_id) == [(1, "handler", "why")]


async def test_a_failure_of_a_job_that_was_claimed_by_its_name_is_tried_again(
    record: Pool, js: JetStream, agent: RestAgent
) -> None:
    job_id = await submitted(record, policy(HANDLER))
    _, token = await agent.claim(job=job_id)
    assert (await agent.report(job_id, token, ReportKind.FAILED)).state == "queued"
    assert await FakeAgent(js).run_one() == job_id
    await until(lambda: in_state(record, job_id, "completed"))


async def test_a_lost_agent_ends_the_job_where_the_policy_says_so(record: Pool, agent: RestAgent) -> None:
    job_id = await submitted(record, policy(HANDLER))
    await agent.claim(lease_s=0.3)
    await until(lambda: in_state(record, job_id, "failed"))
    found = await row(record, job_id)
    assert found["failure_code"] == "lost"
    assert "retry policy allows no other attempt" in found["failure_reason"]


async def test_a_run_over_its_time_is_tried_again_where_the_policy_says_so(
    record: Pool, js: JetStream, nats_url: str, record_url: str, bucket: S3Access
) -> None:
    job_id = await submitted(record, policy(FailureCode.TIMEOUT), timeout_s=0.1)
    settings = dispatcher_settings(nats_url, record_url, bucket, timeout_grace_s=1.0)
    async with running_dispatcher(settings):
        agent = RestAgent(js)
        for number in (1, 2):
            job, _ = await until(agent.claim, lambda found: found[0] is not None)
            assert job is not None
            assert job.attempt == number
            await until(lambda: in_state(record, job_id, "running"), lambda yes: not yes)
    found = await row(record, job_id)
    assert (found["state"], found["failure_code"], found["attempt"]) == ("failed", "timeout", 2)
    assert "attempt 2, the last one" in found["failure_reason"]
    assert [each[:2] for each in await history(record, job_id)] == [(1, "timeout")]


async def test_a_batch_ends_each_job_by_its_own_policy(record: Pool, js: JetStream) -> None:
    retried, plain, done = [
        await submitted(record, each) for each in (policy(HANDLER), None, policy(HANDLER))
    ]
    now = datetime.now(UTC)

    def outcome(job_id: UUID, code: FailureCode | None) -> Outcome:
        return Outcome(
            id=job_id, fence=7, state=JobState.FAILED if code else JobState.COMPLETED, agent="a",
            instance="a", started_at=now, finished_at=now, code=code, reason="no" if code else None,
        )  # fmt: skip

    writer = OutcomeWriter(OutcomeStore(record), AttemptStore(record), js, Wakes(), Telemetry())
    states = await writer.put([outcome(retried, HANDLER), outcome(plain, HANDLER), outcome(done, None)])
    assert states == [JobState.QUEUED, JobState.FAILED, JobState.COMPLETED]
    # It was never started in the record, and counts all the same.
    assert (await row(record, retried))["attempt"] == 1
    assert await history(record, retried) == [(1, "handler", "no")]
    letters = await record.fetch("SELECT job_id, code, reason, attempts FROM dead_letters")
    assert [tuple(each) for each in letters] == [(plain, "handler", "no", 1)]
