"""Estimates are made of what was measured, and of nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from headrace_api.core.errors import UnavailableError
from headrace_api.core.estimates import Estimates, Load, RunTimes, mean_of, servers_of, wait_of
from headrace_contracts.jobs.lane import Lane
from headrace_contracts.jobs.priority import Priority

LANE = Lane("any", "p", Priority.NORMAL)


@pytest.mark.parametrize(
    ("ahead", "running", "slots", "workers", "mean_s", "wait_s"),
    [
        (0, 0, 0, 0, 10.0, None),  # nobody serves the pool: nobody can say
        (0, 0, 1, 0, None, 0.0),  # a free slot needs no history
        (0, 0, 0, 1, None, 0.0),
        (1, 0, 0, 1, None, None),  # it waits, and no run is known
        (0, 1, 1, 0, 10.0, 5.0),  # half of the run that is under way
        (4, 2, 2, 0, 10.0, 25.0),
        (4, 2, 1, 1, 10.0, 25.0),
        (1, 0, 2, 0, 10.0, 0.0),  # room for both
        (2, 0, 2, 0, 10.0, 10.0),
        (0, 9, 1, 0, 10.0, 5.0),  # held by machines that have gone: not more than who serves now
    ],
)
def test_the_wait_is_what_goes_first_over_who_serves(
    ahead: int, running: int, slots: int, workers: int, mean_s: float | None, wait_s: float | None
) -> None:
    assert wait_of(Load(ahead=ahead, running=running, slots=slots), workers, mean_s) == wait_s


def test_the_mean_weighs_models_by_their_runs() -> None:
    runs = {
        ("p", "a"): RunTimes(runs=3, mean_s=10, median_s=1),
        ("p", "b"): RunTimes(runs=1, mean_s=2, median_s=2),
        ("q", "a"): RunTimes(runs=9, mean_s=99, median_s=99),
    }
    assert mean_of(runs, "p") == 8.0
    assert mean_of(runs, "other") is None


class Record:
    def __init__(self) -> None:
        self.reads = 0

    async def runs(self) -> Mapping[tuple[str, str], RunTimes]:
        self.reads += 1
        return {("p", "m"): RunTimes(runs=1, mean_s=float(self.reads), median_s=1)}

    async def load(self, *_: object, **__: object) -> Load:
        return Load(ahead=1, running=0, slots=1)

    async def price_per_hour(self, *_: object, **__: object) -> float | None:
        return None


async def test_a_burst_of_submits_asks_once() -> None:
    now, asked = [100.0], 0

    async def workers() -> int:
        nonlocal asked
        asked += 1
        return asked

    estimates = Estimates(Record(), clock=lambda: now[0])
    found = await asyncio.gather(*(estimates.expect_next(LANE, workers) for _ in range(20)))
    assert {each.servers for each in found if each} == {2}
    now[0] += 6
    again = await estimates.expect_next(LANE, workers)
    assert again is not None
    assert (again.servers, asked) == (3, 2)


async def test_without_the_record_there_is_no_estimate_and_no_error() -> None:
    async def workers() -> int:
        raise UnavailableError("The record")

    assert await Estimates(Record()).expect_next(LANE, workers) is None


async def test_run_times_are_read_again_when_they_are_old() -> None:
    now, record = [100.0], Record()
    estimates = Estimates(record, clock=lambda: now[0])
    assert await estimates.wait_s(LANE) == 1.0
    assert await estimates.wait_s(LANE) == 1.0
    assert await estimates.run("other", "p") is None
    assert record.reads == 1
    now[0] += 6
    assert await estimates.wait_s(LANE) == 2.0


def test_a_worker_that_asked_lately_is_counted_once() -> None:
    load = Load(ahead=0, running=0, slots=2, rest=3)
    assert [servers_of(load, workers) for workers in (0, 2, 5)] == [5, 5, 7]
