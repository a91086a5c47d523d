"""CHANGES: what was recorded, for those who watch."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from tests.support.dispatching import FakeAgent, RestAgent, completed, running_dispatcher
from tests.support.dispatching import dispatcher_settings as settings_of
from tests.support.record import PUBLIC_ACCOUNT, insert, new_job, row
from tests.support.servers import S3Access
from tests.support.waiting import until

from headrace_contracts.bus.streams import CHANGES
from headrace_contracts.jobs.lane import ANY_PLATFORM, Lane
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.messages.changes import Change, Changes
from headrace_contracts.messages.codec import decode
from headrace_contracts.messages.events import Failed, FailureCode, Output, Progressed
from headrace_contracts.messages.requests import ReportKind
from headrace_runtime.jetstream.client import JetStream
from headrace_store.postgres import Pool

SPEECH = Lane(ANY_PLATFORM, "speech-to-text", Priority.NORMAL)


class Watcher:
    """Reads the whole stream each time."""

    def __init__(self, js: JetStream) -> None:
        self._js = js

    async def messages(self) -> list[Changes]:
        jsm = self._js.nc.jsm()
        last = (await jsm.stream_info(CHANGES.name)).state.last_seq
        found = []
        for seq in range(1, last + 1):
            data = (await jsm.get_msg(CHANGES.name, seq)).data
            assert data is not None
            found.append(decode(data, Changes))
        return found

    async def of(self, job_id: UUID) -> list[Change]:
        return [c for message in await self.messages() for c in message.changes if c.id == job_id]

    async def states(self, job_id: UUID) -> list[str]:
        return [change.state for change in await self.of(job_id) if change.kind == "state"]

    async def ends_with(self, job_id: UUID, state: str) -> list[str]:
        """The states that were told, once the last one is ``state``."""
        return await until(lambda: self.states(job_id), lambda told: told[-1:] == [state])


@pytest.fixture
def watcher(js: JetStream, agent: RestAgent) -> Watcher:
    return Watcher(js)


async def test_the_life_of_a_job_on_a_jetstream_agent(record: Pool, js: JetStream, watcher: Watcher) -> None:
    (job_id,) = await insert(record, [new_job()])
    fetcher = FakeAgent(js)
    message, work = await fetcher.fetch()
    attempt = fetcher.attempt(message, work)
    await fetcher.start(attempt)
    same = {"id": attempt.id, "fence": attempt.fence}
    await fetcher.tell(
        Output(**same, seq=0, text="one\n"),  # type: ignore[arg-type] # id and fence
        Output(**same, seq=1, text="two\n", stream="stderr"),  # type: ignore[arg-type] # id and fence
        Progressed(**same, percent=50, message="half"),  # type: ignore[arg-type] # id and fence
    )
    await until(lambda: told(watcher, job_id, 4))
    await fetcher.tell(completed(attempt))
    assert await watcher.ends_with(job_id, "completed") == ["running", "completed"]
    changes = await watcher.of(job_id)
    assert [(c.kind, c.stream, c.text, c.percent, c.message) for c in changes[1:-1]] == [
        ("output", "stdout", "one\n", None, ""),
        ("output", "stderr", "two\n", None, ""),
        ("progress", "", "", 50.0, "half"),
    ]
    assert {(c.account_id, c.attempt, c.agent) for c in changes} == {(PUBLIC_ACCOUNT, 1, "agent-1")}
    assert changes[-1].at == (await row(record, job_id))["finished_at"]


async def told(watcher: Watcher, job_id: UUID, count: int) -> bool:
    return len(await watcher.of(job_id)) == count


async def test_the_life_of_a_job_over_rest(record: Pool, agent: RestAgent, watcher: Watcher) -> None:
    (job_id,) = await insert(record, [new_job()])
    _, token = await agent.claim(start=False)
    await agent.report(job_id, token, ReportKind.HANDED_BACK)
    _, token = await agent.claim(job=job_id)
    await agent.report(job_id, token, ReportKind.OUTPUT, text="said", stream="stderr")
    await agent.report(job_id, token, ReportKind.OUTPUT, text="kept elsewhere", ref="output/z", size=14)
    await agent.report(job_id, token, ReportKind.PROGRESS, percent=10, text="on")
    await agent.report(job_id, token, ReportKind.FAILED, exit_code=2)
    states = await watcher.ends_with(job_id, "failed")
    assert states == ["claimed", "queued", "running", "failed"]
    changes = await watcher.of(job_id)
    assert [change.text for change in changes if change.kind == "output"] == ["said", "kept elsewhere"]
    last = changes[-1]
    assert (last.exit_code, last.failure_code, last.failure_reason) == (2, "handler", "why")


async def test_stages_schedules_losses_and_cancels_are_told(
    record: Pool, js: JetStream, agent: RestAgent, watcher: Watcher
) -> None:
    staged, moved, lapsed, crashed = await insert(
        record, [new_job(), new_job(), new_job(max_attempts=1), new_job(pool="speech-to-text")]
    )
    await record.execute("UPDATE jobs SET staging = true WHERE id = $1", staged)
    _, token = await agent.claim(job=staged)
    await agent.report(staged, token, ReportKind.COMPLETED)
    await agent.approve(staged)
    assert await watcher.ends_with(staged, "completed") == ["running", "staged", "completed"]

    await agent.schedule(moved, run_at=datetime.now(UTC) + timedelta(hours=1))
    await agent.schedule(moved, run_at=datetime.now(UTC) + timedelta(seconds=0.2))
    assert await watcher.ends_with(moved, "queued") == ["scheduled", "queued"]
    await agent.cancel(moved)
    assert await watcher.ends_with(moved, "cancelled") == ["scheduled", "queued", "cancelled"]

    await agent.claim(job=lapsed, lease_s=0.2)
    assert await watcher.ends_with(lapsed, "failed") == ["running", "failed"]

    fetcher = FakeAgent(js)
    _, token = await agent.claim(job=crashed)
    await agent.report(crashed, token, ReportKind.HANDED_BACK)
    message, work = await fetcher.fetch(SPEECH)
    attempt = fetcher.attempt(message, work)
    await fetcher.start(attempt)
    now = datetime.now(UTC)
    await fetcher.tell(
        Failed(
            id=attempt.id, fence=attempt.fence, started_at=now, finished_at=now, reason="x",
            code=FailureCode.CRASH,
        )
    )  # fmt: skip
    assert (await watcher.ends_with(crashed, "queued"))[-2:] == ["running", "queued"]


async def test_many_ends_are_few_messages(record: Pool, js: JetStream, watcher: Watcher) -> None:
    ids = await insert(record, [new_job() for _ in range(60)])
    fetcher = FakeAgent(js)
    attempts, replies = [], []
    for _ in ids:
        message, work = await fetcher.fetch()
        attempts.append(fetcher.attempt(message, work))
        replies.append(message.reply)
    await fetcher.start(*attempts)
    await fetcher.tell(*(completed(attempt) for attempt in attempts))
    await js.ack_many(replies)
    await until(lambda: all_told(watcher, ids))
    assert len(await watcher.messages()) <= 4
    by_job: dict[UUID, list[str]] = defaultdict(list)
    for message_ in await watcher.messages():
        for change in message_.changes:
            by_job[change.id].append(change.state)
    assert by_job == {job_id: ["running", "completed"] for job_id in ids}


async def all_told(watcher: Watcher, ids: list[UUID]) -> bool:
    told_ = [c for message in await watcher.messages() for c in message.changes if c.state == "completed"]
    return {change.id for change in told_} == set(ids)


async def test_what_was_recorded_last_is_told_before_a_dispatcher_ends(
    record: Pool, js: JetStream, nats_url: str, record_url: str, bucket: S3Access
) -> None:
    async with running_dispatcher(settings_of(nats_url, record_url, bucket)):
        (job_id,) = await insert(record, [new_job()])
        await RestAgent(js).cancel(job_id)
    assert await Watcher(js).states(job_id) == ["cancelled"]
