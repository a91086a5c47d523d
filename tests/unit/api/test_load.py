"""Place and wait of a job, from what a pool has before it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from headrace_api.core.load import ClassLoad, Load, Place, ahead_of, free_of, wait_of
from headrace_contracts.jobs.priority import Priority

ME, BIG, SMALL = (UUID(int=number) for number in (1, 2, 3))


def load(**changes: Any) -> Load:
    return Load(
        classes={
            Priority.URGENT: ClassLoad(released=1, accounts={BIG: 2}),
            Priority.NORMAL: ClassLoad(released=4, accounts={ME: 30, BIG: 20_000, SMALL: 2}),
            Priority.LOW: ClassLoad(accounts={BIG: 500}),
        },
        **changes,
    )


@pytest.mark.parametrize(
    ("older", "ahead"),
    [
        (0, 3 + 4 + 2),  # the first of its account: one of each other tenant
        (1, 3 + 4 + 1 + 2 + 2),
        (10, 3 + 4 + 10 + 11 + 2),  # the small tenant has no more than two
    ],
)
def test_tenants_take_turns(older: int, ahead: int) -> None:
    assert ahead_of(load(), Priority.NORMAL, ME, Place(released=False, older=older)) == ahead


def test_what_is_in_work_has_its_turns_behind_it() -> None:
    assert ahead_of(load(), Priority.NORMAL, ME, Place(released=True, older=2)) == 3 + 2


def test_an_urgent_job_waits_for_urgent_ones_only() -> None:
    assert ahead_of(load(), Priority.URGENT, ME, Place(released=False, older=0)) == 2
    assert ahead_of(Load(), Priority.LOW, ME, Place(released=False, older=0)) == 0


@pytest.mark.parametrize(
    ("ahead", "elapsed_s", "slots", "workers", "mean_s", "wait_s"),
    [
        (0, [], 0, 0, 10.0, None),  # nobody serves the pool: nobody can say
        (0, [], 1, 0, None, 0.0),  # a free slot needs no history
        (0, [], 0, 1, None, 0.0),
        (1, [], 0, 1, None, None),  # it waits, and no run is known
        (0, [4], 1, 0, 10.0, 6.0),  # what is left of the run that is under way
        (0, [40], 1, 0, 10.0, 2.5),  # a run that takes longer than others do
        (0, [2, 7], 2, 0, 10.0, 3.0),
        (1, [2, 7], 2, 0, 10.0, 8.0),
        (5, [2, 7], 2, 0, 10.0, 28.0),  # two whole rounds before
        (1, [], 2, 0, 10.0, 0.0),  # room for both
        (2, [], 2, 0, 10.0, 10.0),
        (1, [3], 2, 0, 10.0, 7.0),
        (0, [9, 8, 1], 1, 0, 10.0, 9.0),  # held by machines that have gone: not more than who serves now
    ],
)
def test_the_wait_ends_when_a_server_comes_to_it(
    ahead: int, elapsed_s: list[float], slots: int, workers: int, mean_s: float | None, wait_s: float | None
) -> None:
    found = wait_of(Load(elapsed_s=elapsed_s, slots=slots, workers=workers), ahead, mean_s)
    assert found == wait_s


def test_a_machine_over_rest_is_counted_once() -> None:
    assert [Load(slots=2, rest=3, workers=n, holders=4).servers for n in (0, 2, 5)] == [6, 6, 7]
    assert free_of(Load(slots=2, rest=1, elapsed_s=[1.0])) == 2
