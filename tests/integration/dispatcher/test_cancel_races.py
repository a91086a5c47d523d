"""A cancel and an outcome at the same moment, a thousand times: one of them wins, and all that follows agrees."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from tests.support.dispatching import (
    FakeAgent,
    RestAgent,
    completed,
    dispatcher_settings,
    running_dispatcher,
    work_is_empty,
)
from tests.support.record import PUBLIC_ACCOUNT, insert, new_job
from tests.support.servers import S3Access
from tests.support.waiting import until

from headrace_contracts.bus.streams import lane_consumer
from headrace_contracts.jobs.lane import ANY_PLATFORM, Lane
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.messages.agents import Attempt
from headrace_contracts.messages.codec import decode
from headrace_contracts.messages.events import Failed, FailureCode
from headrace_contracts.messages.requests import Answer, ReportKind
from headrace_contracts.messages.work import WorkMessage
from headrace_dispatcher.reconcile.events import progress
from headrace_runtime.jetstream.client import JetStream
from headrace_store.postgres import Pool

RACES = 250
AT_ONCE = 25
PRICE = 3
GRANTED = 1_000_000
#: The cancel starts up to so much before or after the outcome, in seconds ...
SPREAD_S = 0.03
#: ... and later by what it is found to need for both to win: an outcome has the longer way, and machines differ.
STEP_S = 0.05
SEED = 20261122


@dataclass(frozen=True, kw_only=True)
class Race:
    """One job that can end in two ways now."""

    id: UUID
    #: Tells the outcome; True when it was taken, False when not, None when nobody answers.
    finish: Callable[[], Awaitable[bool | None]]


class Stadium:
    """Makes races of one kind, ``AT_ONCE`` at a time."""

    def __init__(self, js: JetStream, record: Pool) -> None:
        self._record = record
        self._bus = FakeAgent(js)
        self._rest = RestAgent(js)

    async def jobs(self, count: int, pool: str) -> list[UUID]:
        """Jobs of which everything follows that can: a webhook, an export, credits."""
        jobs = [
            new_job(model=pool, pool=pool, export=True, webhook_url="http://127.0.0.1:9/hook")
            for _ in range(count)
        ]
        await insert(self._record, jobs)
        ids = [job.id for job in jobs]
        await self._record.execute("UPDATE jobs SET credits = $2 WHERE id = ANY ($1)", ids, PRICE)
        await self._record.execute(
            "SELECT move_credits($1, $2, 'charge', id) FROM unnest($3::uuid[]) AS id",
            PUBLIC_ACCOUNT, -PRICE, ids,
        )  # fmt: skip
        return ids

    async def fetched(self, pool: str) -> list[tuple[Attempt, str]]:
        await self.jobs(AT_ONCE, pool)
        found: list[tuple[Attempt, str]] = []
        lane = Lane(ANY_PLATFORM, pool, Priority.NORMAL)
        message, work = await self._bus.fetch(lane)
        found.append((self._bus.attempt(message, work), message.reply))
        while len(found) < AT_ONCE:
            for message in await self._bus.js.fetch(lane_consumer(lane), AT_ONCE - len(found), expires_s=0.2):
                work = decode(message.data, WorkMessage)
                found.append((self._bus.attempt(message, work), message.reply))
        return found

    async def running(self) -> list[Race]:
        """Run by a JetStream agent, which completes them."""
        found = await self.fetched("text-generation")
        await self._bus.start(*(attempt for attempt, _ in found))
        return [
            Race(id=attempt.id, finish=self._telling(completed(attempt), reply)) for attempt, reply in found
        ]

    async def failing(self) -> list[Race]:
        """Run by a JetStream agent, whose handler refuses them."""
        found = await self.fetched("image-classification")
        await self._bus.start(*(attempt for attempt, _ in found))
        now = datetime.now(UTC)
        return [
            Race(
                id=attempt.id,
                finish=self._telling(
                    Failed(
                        id=attempt.id,
                        fence=attempt.fence,
                        started_at=now,
                        finished_at=now,
                        reason="no",
                        code=FailureCode.HANDLER,
                    ),
                    reply,
                ),
            )
            for attempt, reply in found
        ]

    async def queued(self) -> list[Race]:
        """In WORK, and so short that the agent tells the outcome without a start."""
        found = await self.fetched("noop")
        return [
            Race(id=attempt.id, finish=self._telling(completed(attempt), reply)) for attempt, reply in found
        ]

    async def claimed(self) -> list[Race]:
        """Held over REST."""
        await self.jobs(AT_ONCE, "speech-to-text")
        races = []
        for _ in range(AT_ONCE):
            job, token = await self._rest.claim(models=["speech-to-text"])
            assert job is not None
            races.append(Race(id=job.id, finish=self._reporting(job.id, token)))
        return races

    def _telling(self, event: Any, reply: str) -> Callable[[], Awaitable[None]]:
        async def tell() -> None:
            await self._bus.tell(event)
            await self._bus.js.ack_many([reply])

        return tell

    def _reporting(self, job_id: UUID, token: str) -> Callable[[], Awaitable[bool]]:
        async def report() -> bool:
            said = await self._rest.report(job_id, token, ReportKind.COMPLETED)
            assert said.answer in {Answer.OK, Answer.INVALID_STATE}, said
            return said.answer is Answer.OK

        return report

    async def cancel(self, job_id: UUID) -> bool:
        said = await self._rest.cancel(job_id)
        assert said.answer in {Answer.OK, Answer.INVALID_STATE}, said
        assert said.state in {"completed", "failed", "cancelled"}
        return said.answer is Answer.OK


@pytest.fixture
async def racing(nats_url: str, record_url: str, bucket: S3Access) -> AsyncIterator[None]:
    """Two dispatchers, so that the two that race may be in different processes."""
    settings = dispatcher_settings(nats_url, record_url, bucket, window_min=2 * AT_ONCE)
    async with running_dispatcher(settings), running_dispatcher(settings):
        yield


@pytest.mark.parametrize("kind", ["running", "failing", "queued", "claimed"])
async def test_a_cancel_races_an_outcome(record: Pool, js: JetStream, racing: None, kind: str) -> None:
    await record.execute("SELECT move_credits($1, $2, 'grant', NULL)", PUBLIC_ACCOUNT, GRANTED)
    stadium, luck = Stadium(js, record), random.Random(f"{SEED} {kind}")  # noqa: S311 -- repeatable on purpose
    cancelled: dict[UUID, bool] = {}
    finished: dict[UUID, bool | None] = {}
    handicap = 0.0

    async def race(one: Race) -> None:
        lead = handicap + luck.uniform(-SPREAD_S, SPREAD_S)

        async def cancel() -> None:
            await asyncio.sleep(max(0.0, lead))
            cancelled[one.id] = await stadium.cancel(one.id)

        async def finish() -> None:
            await asyncio.sleep(max(0.0, -lead))
            finished[one.id] = await one.finish()

        await asyncio.gather(cancel(), finish())

    for _ in range(RACES // AT_ONCE):
        races = await getattr(stadium, kind)()
        await asyncio.gather(*map(race, races))
        handicap += STEP_S * (sum(cancelled[one.id] for one in races) / AT_ONCE - 0.5)
    await at_rest(record, js)
    states = await checked(record, cancelled)
    for job_id, taken in finished.items():
        assert taken is None or taken == (states[job_id] == "completed")
    found = Counter(states.values())
    print(json.dumps({"races": len(states), "kind": kind, "won": dict(found)}))  # noqa: T201 - the figures of interest
    assert len(states) == RACES
    # Both orders were seen, or nothing was tried.
    assert min(found["cancelled"], RACES - found["cancelled"]) >= RACES // 20, found


async def at_rest(record: Pool, js: JetStream) -> None:
    """All that was said is recorded, and nothing is in motion any more."""

    async def recorded() -> bool:
        seen = await progress(js)
        return seen.recorded == seen.published

    await until(recorded, what="the recorder")
    await until(lambda: work_is_empty(js), what="WORK to be empty")
    assert await record.fetchval("SELECT count(*) FROM leases") == 0


async def checked(record: Pool, cancelled: dict[UUID, bool]) -> dict[UUID, str]:
    """The end of each job; all that follows from it agrees with it."""
    rows = await record.fetch(
        "SELECT j.id, j.state, j.result IS NOT NULL AS has_result, j.started_at, j.failure_code, j.finished_at,"
        " ARRAY(SELECT event FROM webhook_deliveries d WHERE d.job_id = j.id) AS hooks,"
        " (SELECT count(*) FROM exports e WHERE e.job_id = j.id) AS exports,"
        " (SELECT count(*) FROM ledger l WHERE l.job_id = j.id AND l.kind = 'refund') AS refunds,"
        " (SELECT count(*) FROM dead_letters b WHERE b.job_id = j.id) AS buried,"
        " (SELECT count(*) FROM attempts a WHERE a.job_id = j.id) AS past FROM jobs j"
    )
    states = {row["id"]: str(row["state"]) for row in rows}
    assert states.keys() == cancelled.keys()
    refunded = 0
    for row in rows:
        state = row["state"]
        assert state in {"completed", "failed", "cancelled"}, dict(row)
        assert (state == "cancelled") == cancelled[row["id"]], dict(row)
        assert row["hooks"] == [f"job.{state}"], dict(row)
        assert row["exports"] == (1 if state == "completed" else 0), dict(row)
        assert row["has_result"] == (state == "completed"), dict(row)
        assert row["buried"] == (1 if state == "failed" else 0), dict(row)
        assert row["past"] == 0
        assert row["finished_at"] is not None
        back = state == "failed" or (state == "cancelled" and row["started_at"] is None)
        assert row["refunds"] == (2 if back else 0), dict(row)  # double entry
        refunded += back
    balance = await record.fetchval("SELECT balance FROM wallets WHERE account_id = $1", PUBLIC_ACCOUNT)
    assert balance == GRANTED - PRICE * (len(rows) - refunded)
    assert await record.fetchval("SELECT sum(amount) FROM ledger") == 0
    return states
