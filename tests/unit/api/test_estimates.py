"""Estimates are made of what was measured, and of nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from uuid import UUID

from headrace_api.core.errors import UnavailableError
from headrace_api.core.estimates import Estimates, RunTimes, mean_of
from headrace_api.core.load import ClassLoad, Load, Place
from headrace_contracts.jobs.lane import Lane
from headrace_contracts.jobs.priority import Priority

LANE = Lane("any", "p", Priority.NORMAL)
ME, OTHER = UUID(int=1), UUID(int=2)


def test_the_mean_weighs_models_by_their_runs() -> None:
    runs = {"a": RunTimes(runs=3, mean_s=10, median_s=1), "b": RunTimes(runs=1, mean_s=2, median_s=2)}
    assert mean_of(runs) == 8.0
    assert mean_of({}) is None


class Record:
    def __init__(self, *, away: bool = False) -> None:
        self.reads: list[str] = []
        self.away = away

    async def runs(self, pool: str) -> Mapping[str, RunTimes]:
        self.reads.append(f"runs {pool}")
        return {"m": RunTimes(runs=1, mean_s=float(len(self.reads)), median_s=1)}

    async def waiting(self, platform: str, pool: str) -> Mapping[Priority, ClassLoad]:
        self.reads.append(f"waiting {platform}/{pool}")
        return {Priority.NORMAL: ClassLoad(accounts={ME: 2, OTHER: 9})}

    async def servers(self, platform: str, pool: str) -> Load:
        self.reads.append(f"servers {platform}/{pool}")
        await asyncio.sleep(0)
        if self.away:
            raise UnavailableError("The record")
        return Load(slots=1, elapsed_s=[0.0])

    async def price_per_hour(self, *_: object, **__: object) -> float | None:
        return None


async def test_a_burst_of_submits_asks_once() -> None:
    now, record = [100.0], Record()
    estimates = Estimates(record, clock=lambda: now[0])
    found = await asyncio.gather(*(estimates.expect_next(LANE, ME) for _ in range(20)))
    # Its own two, and by turns three of the other.
    assert {each.ahead for each in found if each} == {5}
    once = ["servers any/p", "waiting any/p"]
    assert record.reads == [*once, "runs p"]
    now[0] += 0.3
    await estimates.expect_next(LANE, ME)
    assert record.reads == [*once, "runs p", *once]


async def test_without_the_record_there_is_no_estimate_and_no_error() -> None:
    record = Record(away=True)
    estimates = Estimates(record)
    assert await asyncio.gather(*(estimates.expect_next(LANE, ME) for _ in range(3))) == [None] * 3
    record.away = False
    assert await estimates.expect_next(LANE, ME) is not None  # what failed is not kept


async def test_run_times_are_read_again_when_they_are_old() -> None:
    now, record = [100.0], Record()
    estimates = Estimates(record, clock=lambda: now[0])
    place = Place(released=False, older=0)
    first = await estimates.expect(LANE, ME, place)
    assert first.wait_s == 2 * 3.0  # one of the other tenant, after the one that runs
    assert await estimates.run("other", "p") is None
    assert record.reads.count("runs p") == 1
    now[0] += 6
    assert (await estimates.expect(LANE, ME, place)).wait_s == 2 * 6.0


async def test_a_place_that_is_not_known_has_no_wait() -> None:
    found = await Estimates(Record()).expect(LANE, ME, None)
    assert (found.ahead, found.wait_s, found.servers, found.free) == (None, None, 1, 0)
