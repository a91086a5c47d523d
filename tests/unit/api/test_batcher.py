"""Group commit without a database: what gathers, what is refused, who hears what."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

import pytest

from headrace_api.core.batcher import BatcherSettings, SubmitBatcher
from headrace_api.core.errors import OverloadedError, UnavailableError
from headrace_contracts.ids import new_id
from headrace_store.jobs.quota import QuotaReachedError
from headrace_store.jobs.submit import NewJob
from headrace_store.jobs.unit import Extras, TooFewCreditsError

ACCOUNT = UUID(int=1)
SETTINGS = BatcherSettings(max_waiting_jobs=10, max_batch_jobs=4, patience_s=0.05, retry_pause_s=0.01)


def job(model: str = "noop", priority: int = 1) -> NewJob:
    return NewJob(
        new_id(), ACCOUNT, "radiance", model, "{}", "any", model, priority, datetime.now(UTC), None,
        60.0, 3, None, None, None, None, None, False, None,
    )  # fmt: skip


class FakeRecord:
    """Commits when it is let go."""

    def __init__(self) -> None:
        self.batches: list[list[NewJob]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.failures: list[Exception] = []
        self.poison: UUID | None = None
        self.credits = 0
        self.room: dict[UUID, int] = {}
        self.asked = 0

    async def __call__(self, jobs: Sequence[NewJob], extras: Sequence[Extras]) -> None:
        self.asked += 1
        await self.gate.wait()
        for account, room in self.room.items():
            wanted = sum(job.account_id == account for job in jobs)
            if wanted > room:
                raise QuotaReachedError(account, limit=10, waiting=10 - room, wanted=wanted)
        if sum(extra.credits for extra in extras) > self.credits:
            raise TooFewCreditsError(extras[0].credits, self.credits)
        self.credits -= sum(extra.credits for extra in extras)
        if self.failures:
            raise self.failures.pop(0)
        if self.poison in {each.id for each in jobs}:
            raise ValueError("the record refuses this one")
        self.batches.append(list(jobs))


class FakeBell:
    def __init__(self) -> None:
        self.rung: list[set[str]] = []

    async def __call__(self, lanes: Iterable[str]) -> None:
        self.rung.append(set(lanes))


@asynccontextmanager
async def running(record: FakeRecord, bell: FakeBell) -> AsyncIterator[SubmitBatcher]:
    batcher = SubmitBatcher(record, bell, SETTINGS)
    batcher.start()
    try:
        yield batcher
    finally:
        record.gate.set()
        await batcher.stop()


async def test_lone_submit_is_committed_at_once_and_rings_its_lane() -> None:
    record, bell = FakeRecord(), FakeBell()
    async with running(record, bell) as batcher:
        await batcher.submit([job(priority=3)])
    assert len(record.batches) == 1
    assert bell.rung == [{"any/noop/urgent"}]


async def test_what_comes_during_an_insert_goes_together_into_the_next() -> None:
    record, bell = FakeRecord(), FakeBell()
    async with running(record, bell) as batcher:
        record.gate.clear()
        waiting = [asyncio.create_task(batcher.submit([job()]))]
        await asyncio.sleep(0)  # the first insert begins
        await asyncio.sleep(0)
        waiting += [asyncio.create_task(batcher.submit([job(), job("tts")])) for _ in range(2)]
        await asyncio.sleep(0)
        assert not any(task.done() for task in waiting)
        record.gate.set()
        await asyncio.gather(*waiting)
    assert [len(batch) for batch in record.batches] == [1, 4]
    assert bell.rung[-1] == {"any/noop/normal", "any/tts/normal"}


async def test_a_unit_is_never_split() -> None:
    record = FakeRecord()
    async with running(record, FakeBell()) as batcher:
        record.gate.clear()
        waiting = [asyncio.create_task(batcher.submit([job() for _ in range(3)])) for _ in range(3)]
        await asyncio.sleep(0)
        record.gate.set()
        await asyncio.gather(*waiting)
    assert [len(batch) for batch in record.batches] == [3, 3, 3]


async def test_full_queue_refuses_and_stores_nothing() -> None:
    record = FakeRecord()
    async with running(record, FakeBell()) as batcher:
        record.gate.clear()
        waiting = [asyncio.create_task(batcher.submit([job()]))]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting.append(asyncio.create_task(batcher.submit([job() for _ in range(10)])))
        await asyncio.sleep(0)
        with pytest.raises(OverloadedError):
            await batcher.submit([job()])
        record.gate.set()
        await asyncio.gather(*waiting)
    assert sum(len(batch) for batch in record.batches) == 11


async def test_short_outage_is_waited_out() -> None:
    record = FakeRecord()
    record.failures = [UnavailableError("The record")]
    async with running(record, FakeBell()) as batcher:
        await batcher.submit([job()])
    assert len(record.batches) == 1


async def test_long_outage_is_told_and_nothing_acknowledged() -> None:
    record, bell = FakeRecord(), FakeBell()
    record.failures = [UnavailableError("The record")] * 1000
    async with running(record, bell) as batcher:
        with pytest.raises(UnavailableError):
            await batcher.submit([job()])
        record.failures = []
        await batcher.submit([job()])
    assert len(record.batches) == 1
    assert len(bell.rung) == 1


async def test_who_waited_behind_a_hanging_insert_hears_of_it_with_those_in_it() -> None:
    """A pile behind a record that hangs is dissolved at once, not one INSERT after the other."""
    record = FakeRecord()
    async with running(record, FakeBell()) as batcher:
        record.gate.clear()
        pile = [asyncio.create_task(batcher.submit([job()])) for _ in range(10)]  # three batches
        await asyncio.sleep(SETTINGS.patience_s * 1.5)
        record.failures = [UnavailableError("The record")]  # the next call would succeed
        record.gate.set()
        outcomes = await asyncio.gather(*pile, return_exceptions=True)
        assert {type(each) for each in outcomes} == {UnavailableError}
        assert record.batches == []
        assert batcher.waiting == 0
        await batcher.submit([job()])


async def test_one_bad_unit_fails_alone() -> None:
    record = FakeRecord()
    bad, good = job(), job()
    record.poison = bad.id
    async with running(record, FakeBell()) as batcher:
        record.gate.clear()
        first = asyncio.create_task(batcher.submit([job()]))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        others = [asyncio.create_task(batcher.submit([each])) for each in (bad, good)]
        await asyncio.sleep(0)
        record.gate.set()
        await first
        with pytest.raises(ValueError, match="refuses"):
            await others[0]
        await others[1]
    assert good in [each for batch in record.batches for each in batch]


async def test_stop_writes_what_waits_and_takes_nothing_more() -> None:
    record = FakeRecord()
    batcher = SubmitBatcher(record, FakeBell(), SETTINGS)
    batcher.start()
    waiting = asyncio.create_task(batcher.submit([job()]))
    await asyncio.sleep(0)
    await batcher.stop()
    await waiting
    with pytest.raises(UnavailableError):
        await batcher.submit([job()])
    assert len(record.batches) == 1


async def test_who_can_not_pay_holds_up_nobody_else() -> None:
    record, bell = FakeRecord(), FakeBell()
    record.credits = 2
    async with running(record, bell) as batcher:
        jobs = [job() for _ in range(4)]
        paid = [Extras(job_id=each.id, credits=1) for each in jobs[1:]]
        record.gate.clear()
        submits = [asyncio.ensure_future(batcher.submit([jobs[0]]))]
        submits += [
            asyncio.ensure_future(batcher.submit([each], [extra]))
            for each, extra in zip(jobs[1:], paid, strict=True)
        ]
        await asyncio.sleep(0)
        record.gate.set()
        outcomes = await asyncio.gather(*submits, return_exceptions=True)
    assert [type(each) for each in outcomes] == [type(None), type(None), type(None), TooFewCreditsError]
    assert {each.id for batch in record.batches for each in batch} == {each.id for each in jobs[:3]}


async def test_a_tenant_at_its_limit_holds_up_nobody_else() -> None:
    record, bell = FakeRecord(), FakeBell()
    full = UUID(int=2)
    record.room = {full: 1}
    async with running(record, bell) as batcher:
        record.gate.clear()
        submits = [asyncio.ensure_future(batcher.submit([job()]))]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        theirs = [job()._replace(account_id=full) for _ in range(3)]
        submits += [asyncio.ensure_future(batcher.submit([each])) for each in (*theirs, job())]
        await asyncio.sleep(0)
        record.gate.set()
        outcomes = await asyncio.gather(*submits, return_exceptions=True)
    refused = [each for each in outcomes if isinstance(each, QuotaReachedError)]
    assert [type(each) for each in outcomes] == [type(None)] * 2 + [QuotaReachedError] * 2 + [type(None)]
    assert [(each.limit, each.waiting, each.wanted) for each in refused] == [(10, 10, 1)] * 2
    # One question for the first, one for all others that shows the limit, one for those that fit.
    assert record.asked == 3
