"""The schedule: the same for the same seed, every kind, never too much at once."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from headrace.chaos.faults.table import INJECTORS
from headrace.chaos.kinds import KINDS
from headrace.chaos.schedule import Fault, make_schedule, one_by_one


def test_the_same_seed_gives_the_same_faults_and_another_one_others() -> None:
    assert make_schedule(7, minutes=10) == make_schedule(7, minutes=10)
    assert make_schedule(7, minutes=10) != make_schedule(8, minutes=10)


@pytest.mark.parametrize("seed", range(20))
def test_half_an_hour_has_a_hundred_faults_of_all_kinds(seed: int) -> None:
    faults = make_schedule(seed, minutes=30)
    assert len(faults) >= 100
    counted = Counter(fault.kind for fault in faults)
    assert set(counted) == set(KINDS)
    assert max(counted.values()) - min(counted.values()) <= 1
    assert max(fault.ends_s for fault in faults) <= 30 * 60


@pytest.mark.parametrize("seed", range(20))
def test_two_overlap_at_most_and_never_on_one_target(seed: int) -> None:
    faults = make_schedule(seed, minutes=30)
    for fault in faults:
        beside = [each for each in faults if each != fault and _overlap(each, fault)]
        assert fault.target not in {each.target for each in beside}
        assert sum(1 for each in beside if each.at_s <= fault.at_s) <= 1


def test_faults_hit_what_their_kind_is_about() -> None:
    for fault in make_schedule(1, minutes=60):
        kind = KINDS[fault.kind]
        assert fault.target in kind.targets
        assert kind.lasts_s[0] <= fault.lasts_s <= kind.lasts_s[1]


def test_only_the_kinds_that_are_asked_for() -> None:
    assert {fault.kind for fault in make_schedule(1, minutes=5, kinds=("s3-away",))} == {"s3-away"}


def test_no_kinds_give_no_faults() -> None:
    assert make_schedule(1, minutes=5, kinds=()) == ()


def test_an_unknown_kind_is_named_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"flood is no kind of fault; the kinds are kill-api, "):
        make_schedule(1, minutes=5, kinds=("flood", "s3-away"))


def test_one_by_one_has_each_kind_once_and_alone() -> None:
    faults = one_by_one()
    assert [fault.kind for fault in faults] == list(KINDS)
    assert all(one.ends_s < two.at_s for one, two in itertools.pairwise(faults))


def test_every_kind_can_be_done() -> None:
    assert set(INJECTORS) == set(KINDS)


def _overlap(one: Fault, two: Fault) -> bool:
    return one.at_s < two.ends_s and two.at_s < one.ends_s
