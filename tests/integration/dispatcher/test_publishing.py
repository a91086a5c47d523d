"""Staged jobs: approval, publications that become due, and the end that follows from theirs."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.support.dispatching import FakeAgent, RestAgent
from tests.support.record import PUBLIC_ACCOUNT, insert, new_job, row
from tests.support.waiting import until

from headrace_contracts.ids import new_id
from headrace_contracts.messages.requests import Answer, ReportKind
from headrace_runtime.jetstream.client import JetStream
from headrace_store.postgres import Pool

HOUR = timedelta(hours=1)


async def destination(record: Pool, name: str) -> UUID:
    found = new_id()
    await record.execute(
        "INSERT INTO destinations (id, account_id, name, platform, config) VALUES ($1, $2, $3, 's3', '{}')",
        found, PUBLIC_ACCOUNT, name,
    )  # fmt: skip
    return found


async def job_with(
    record: Pool, *platforms: str, staging: bool = False, publish_at: datetime | None = None, **fields: Any
) -> UUID:
    """A job that waits, with its publications."""
    job = new_job(export=True, webhook_url="http://127.0.0.1:9/hook", **fields)
    await insert(record, [job])
    await record.execute(
        "UPDATE jobs SET staging = $2, publishes = $3, publish_at = $4 WHERE id = $1",
        job.id, staging, bool(platforms), publish_at,
    )  # fmt: skip
    for name in platforms:
        await record.execute(
            "INSERT INTO publications (id, job_id, destination_id) VALUES ($1, $2, $3)",
            new_id(), job.id, await destination(record, name),
        )  # fmt: skip
    return job.id


async def ran(agent: RestAgent, job_id: UUID, kind: ReportKind = ReportKind.COMPLETED) -> str:
    """Run the job; returns the state that its report was answered with."""
    _, token = await agent.claim(job=job_id)
    answer = await agent.report(job_id, token, kind)
    assert answer.answer is Answer.OK, answer
    return answer.state


async def publications(record: Pool, job_id: UUID) -> list[tuple[str, datetime | None]]:
    rows = await record.fetch(
        "SELECT state, next_attempt_at FROM publications WHERE job_id = $1 ORDER BY id", job_id
    )
    return [tuple(found) for found in rows]


async def publish(record: Pool, job_id: UUID, *outcomes: str) -> None:
    """End the job's publications, in the order of their names: ``published``, or the reason of a failure."""
    rows = await record.fetch("SELECT id FROM publications WHERE job_id = $1 ORDER BY id", job_id)
    for found, outcome in zip(rows, outcomes, strict=True):
        good = outcome == "published"
        await record.execute(
            "UPDATE publications SET state = $2, error = $3, next_attempt_at = NULL, finished_at = now()"
            " WHERE id = $1",
            found["id"], "published" if good else "failed", None if good else outcome,
        )  # fmt: skip


async def followed(record: Pool, job_id: UUID) -> tuple[int, list[str]]:
    """How many exports and which webhooks have followed."""
    exports = await record.fetchval("SELECT count(*) FROM exports WHERE job_id = $1", job_id)
    hooks = await record.fetch("SELECT event FROM webhook_deliveries WHERE job_id = $1", job_id)
    return exports, [hook["event"] for hook in hooks]


async def ended(record: Pool, job_id: UUID) -> dict[str, Any] | None:
    found = await row(record, job_id)
    return found if found["state"] in {"completed", "failed", "cancelled"} else None


async def test_without_staging_a_job_is_published_at_once_and_over_when_that_is(
    record: Pool, agent: RestAgent
) -> None:
    job_id = await job_with(record, "archive", "mirror")
    assert [state for state, _ in await publications(record, job_id)] == ["held", "held"]
    assert await ran(agent, job_id) == "staged"
    found = await row(record, job_id)
    assert (found["result"], found["finished_at"]) == ('{"a": 1}', None)
    assert found["approved_at"] is not None
    for state, due in await publications(record, job_id):
        assert state == "pending"
        assert due is not None
        assert due <= datetime.now(UTC)
    assert await followed(record, job_id) == (0, [])
    await publish(record, job_id, "published", "no room")
    found = await until(lambda: ended(record, job_id))
    # One platform took it; the other one's reason stands with its publication.
    assert (found["state"], found["failure_reason"]) == ("completed", None)
    assert found["finished_at"] > found["approved_at"]
    assert await followed(record, job_id) == (1, ["job.completed"])


async def test_a_job_that_no_platform_took_has_failed_with_each_reason(
    record: Pool, agent: RestAgent
) -> None:
    job_id = await job_with(record, "archive", "mirror")
    await ran(agent, job_id)
    await publish(record, job_id, "no room", "wrong password")
    found = await until(lambda: ended(record, job_id))
    assert (found["state"], found["failure_code"]) == ("failed", "publish")
    assert found["failure_reason"] == "archive: no room; mirror: wrong password"
    assert found["result"] == '{"a": 1}'
    assert await followed(record, job_id) == (0, ["job.failed"])


async def test_a_staged_job_waits_for_its_approval(record: Pool, agent: RestAgent) -> None:
    job_id = await job_with(record, "archive", staging=True)
    assert (await agent.approve(job_id)).answer is Answer.INVALID_STATE
    assert await ran(agent, job_id) == "staged"
    assert await publications(record, job_id) == [("held", None)]
    answer = await agent.approve(job_id)
    assert (answer.answer, answer.state) == (Answer.OK, "staged")
    assert (await publications(record, job_id))[0][0] == "pending"
    again = await agent.approve(job_id)
    assert (again.answer, again.state) == (Answer.INVALID_STATE, "staged")
    assert (await agent.approve(new_id())).answer is Answer.NOT_FOUND
    await publish(record, job_id, "published")
    assert (await until(lambda: ended(record, job_id)))["state"] == "completed"
    assert (await agent.approve(job_id)).state == "completed"


async def test_with_nothing_to_publish_the_approval_ends_it(record: Pool, agent: RestAgent) -> None:
    job_id = await job_with(record, staging=True)
    assert await ran(agent, job_id) == "staged"
    assert await followed(record, job_id) == (0, [])
    answer = await agent.approve(job_id)
    assert (answer.answer, answer.state) == (Answer.OK, "completed")
    assert answer.at == (await row(record, job_id))["finished_at"]
    assert await followed(record, job_id) == (1, ["job.completed"])


async def test_of_approvals_at_once_one_counts(record: Pool, agent: RestAgent) -> None:
    job_id = await job_with(record, staging=True)
    await ran(agent, job_id)
    answers = await asyncio.gather(*(agent.approve(job_id) for _ in range(5)))
    assert sorted(answer.answer for answer in answers) == [Answer.INVALID_STATE] * 4 + [Answer.OK]
    assert await followed(record, job_id) == (1, ["job.completed"])


async def test_an_approval_whose_end_was_not_written_is_found(record: Pool, agent: RestAgent) -> None:
    job_id = await job_with(record, staging=True, publish_at=datetime.now(UTC) + HOUR)
    await ran(agent, job_id)
    # The dispatcher that recorded the approval has died right after it.
    await record.execute("UPDATE jobs SET approved_at = now() WHERE id = $1", job_id)
    assert (await until(lambda: ended(record, job_id)))["state"] == "completed"


@pytest.mark.parametrize("way", ["over REST", "by an event"])
async def test_a_failed_run_publishes_nothing(
    record: Pool, js: JetStream, agent: RestAgent, way: str
) -> None:
    job_id = await job_with(record, "archive", staging=True, max_attempts=1)
    if way == "over REST":
        assert await ran(agent, job_id, ReportKind.FAILED) == "failed"
    else:
        fetcher = FakeAgent(js)
        message, work = await fetcher.fetch()
        await fetcher.start(fetcher.attempt(message, work))
        await fetcher.heartbeat(fetcher.attempt(message, work))
        await agent.cancel(job_id)
    assert await publications(record, job_id) == [("cancelled", None)]


async def test_the_run_of_a_jetstream_agent_is_staged_too(
    record: Pool, js: JetStream, agent: RestAgent
) -> None:
    job_id = await job_with(record, "archive")
    await FakeAgent(js).run_one()

    async def pending() -> bool:
        return [state for state, _ in await publications(record, job_id)] == ["pending"]

    await until(pending)
    assert (await row(record, job_id))["state"] == "staged"


async def test_a_staged_job_that_is_cancelled_is_not_published(record: Pool, agent: RestAgent) -> None:
    job_id = await job_with(record, "archive", "mirror")
    await ran(agent, job_id)
    await record.execute(
        "UPDATE publications SET state = 'published' WHERE id ="
        " (SELECT id FROM publications WHERE job_id = $1 ORDER BY id LIMIT 1)",
        job_id,
    )
    assert (await agent.cancel(job_id)).state == "cancelled"
    assert [state for state, _ in await publications(record, job_id)] == ["published", "cancelled"]
    assert await followed(record, job_id) == (0, ["job.cancelled"])


async def test_the_time_of_publishing(record: Pool, agent: RestAgent) -> None:
    job_id = await job_with(record, "archive", staging=True, publish_at=datetime.now(UTC) + HOUR)
    later = datetime.now(UTC) + 2 * HOUR
    # Before it has run, while it waits for its approval, and after it.
    assert (await agent.schedule(job_id, publish_at=later)).answer is Answer.OK
    await ran(agent, job_id)
    assert (await agent.schedule(job_id, publish_at=later + HOUR)).state == "staged"
    await agent.approve(job_id)
    assert await publications(record, job_id) == [("pending", later + HOUR)]
    assert (await agent.schedule(job_id, publish_at=later)).answer is Answer.OK
    assert await publications(record, job_id) == [("pending", later)]
    assert (await row(record, job_id))["publish_at"] == later
    for soon in (None, datetime.now(UTC) - HOUR):
        assert (await agent.schedule(job_id, publish_at=soon)).answer is Answer.OK
        ((_, due),) = await publications(record, job_id)
        assert due is not None
        assert due <= datetime.now(UTC)
        assert (await row(record, job_id))["publish_at"] == soon


@pytest.mark.parametrize(
    "sign",
    [
        "attempts = 1",
        # The publisher holds it, or its message is on the way: that moment is not the time of the job.
        "next_attempt_at = now() + interval '30 seconds'",
    ],
)
async def test_when_it_is_too_late_to_move_the_publishing(record: Pool, agent: RestAgent, sign: str) -> None:
    begun, none = await job_with(record, "archive"), await job_with(record)
    await ran(agent, begun)
    later = datetime.now(UTC) + HOUR
    await record.execute(f"UPDATE publications SET {sign} WHERE job_id = $1", begun)  # noqa: S608 -- columns of ours
    before = await publications(record, begun)
    answer = await agent.schedule(begun, publish_at=later)
    assert (answer.answer, answer.state) == (Answer.INVALID_STATE, "staged")
    assert (await row(record, begun))["publish_at"] is None
    assert await publications(record, begun) == before
    # Without publications the time is only shown.
    assert (await agent.schedule(none, publish_at=later)).answer is Answer.OK
    assert (await row(record, none))["publish_at"] == later
    await publish(record, begun, "published")
    await until(lambda: ended(record, begun))
    assert (await agent.schedule(begun, publish_at=later)).state == "completed"


async def test_what_waits_for_its_time_is_not_settled_before(record: Pool, agent: RestAgent) -> None:
    job_id = await job_with(record, "archive", publish_at=datetime.now(UTC) + HOUR)
    done = await job_with(record, "mirror")
    await ran(agent, job_id)
    await ran(agent, done)
    await publish(record, done, "published")
    await until(lambda: ended(record, done))
    assert (await row(record, job_id))["state"] == "staged"
