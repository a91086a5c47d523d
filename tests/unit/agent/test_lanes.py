"""Which lane is fetched from next."""

from __future__ import annotations

from headrace_agent.transport.jetstream.lanes import LOOK_AGAIN_S, SETTLE_S, LaneBook
from headrace_contracts.jobs.lane import Lane, lanes_served
from headrace_contracts.jobs.priority import Priority

LANES = lanes_served(["linux-amd64"], ["a", "b"])
LOW = Lane("any", "a", Priority.LOW)
NORMAL = Lane("any", "a", Priority.NORMAL)
NORMAL_OWN = Lane("linux-amd64", "a", Priority.NORMAL)
NORMAL_B = Lane("any", "b", Priority.NORMAL)
URGENT = Lane("linux-amd64", "b", Priority.URGENT)


def book(*ringing: Lane) -> LaneBook:
    made = LaneBook(LANES)
    assert made.ring({lane.consumer: 1 for lane in ringing}) == bool(ringing)
    return made


def test_nothing_rings_nothing_is_fetched() -> None:
    assert book().next() is None


def test_most_urgent_first() -> None:
    lanes = book(LOW, URGENT, NORMAL)
    order = []
    while (lane := lanes.next()) is not None:
        lanes.fetching(lane, 5)
        lanes.fetched(lane, asked=5, got=4)
        order.append(lane)
    assert order == [URGENT, NORMAL, LOW]


def test_equals_take_turns_while_they_are_full() -> None:
    lanes = book(NORMAL, NORMAL_OWN, NORMAL_B)
    order = []
    for _ in range(9):
        lane = lanes.next()
        assert lane is not None
        lanes.fetching(lane, 5)
        lanes.fetched(lane, asked=1, got=1)
        order.append(lane)
    assert {NORMAL, NORMAL_OWN, NORMAL_B} == set(order[:3])
    assert order[:3] == order[3:6] == order[6:]


def test_a_bell_during_a_fetch_is_kept() -> None:
    lanes = book(NORMAL)
    lanes.fetching(NORMAL, 5)
    lanes.ring({NORMAL.consumer: 1})
    lanes.fetched(NORMAL, asked=5, got=0)
    assert lanes.next() == NORMAL


def test_bells_of_others_and_empty_ones_are_not_ours() -> None:
    lanes = book()
    assert not lanes.ring({"any_zzz_low": 3, LOW.consumer: 0})
    assert lanes.next() is None


def test_a_sweep_leaves_out_lanes_without_a_consumer_until_they_ring() -> None:
    lanes = book()
    for known in LANES:
        if known != LOW:
            lanes.gone(known)
    lanes.ring_all(unknown=False)
    assert lanes.next() == LOW
    lanes.fetching(LOW, 5)
    assert lanes.next() is None
    lanes.ring({URGENT.consumer: 1})
    lanes.fetching(URGENT, 5)
    lanes.ring_all(unknown=False)
    assert lanes.next() == URGENT
    lanes.ring_all(unknown=True)
    seen = set()
    while (lane := lanes.next()) is not None:
        lanes.fetching(lane, 5)
        seen.add(lane)
    assert seen == set(LANES)


def test_a_fetch_that_finds_less_than_was_rung_for_looks_again_a_few_times() -> None:
    lanes = book()
    lanes.ring({NORMAL.consumer: 3})
    waits = []
    for got in (1, 0, 0, 0):
        lanes.fetching(NORMAL, 5)
        waits.append(lanes.fetched(NORMAL, asked=5, got=got))
    assert waits == [*LOOK_AGAIN_S, None]


def test_a_fetch_that_finds_all_that_was_rung_for_does_not_look_again() -> None:
    lanes = book()
    lanes.ring({NORMAL.consumer: 2})
    lanes.fetching(NORMAL, 5)
    assert lanes.fetched(NORMAL, asked=5, got=2) is None
    lanes.ring_all(unknown=True)
    lanes.fetching(NORMAL, 5)
    assert lanes.fetched(NORMAL, asked=5, got=0) is None


def test_what_was_rung_for_is_waited_for_and_no_more_is_asked() -> None:
    lanes = book()
    lanes.ring({NORMAL.consumer: 3})
    assert lanes.fetching(NORMAL, 5) == (3, SETTLE_S)
    lanes.ring({NORMAL.consumer: 30})
    assert lanes.fetching(NORMAL, 5) == (5, SETTLE_S)
    assert lanes.fetching(LOW, 5) == (5, None)
