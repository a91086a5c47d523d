"""Windows, the comparison of record and WORK, and the fold of progress."""

from __future__ import annotations

from dataclasses import replace

import pytest

from headrace_contracts.ids import new_id
from headrace_contracts.jobs.lane import ANY_PLATFORM, LINUX_AMD64, LINUX_ARM64, Lane
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.jobs.state import HELD, JobState
from headrace_contracts.messages.bells import QueuedBell
from headrace_contracts.messages.events import Progressed
from headrace_dispatcher.reconcile.compare import Differences, compare
from headrace_dispatcher.reconcile.events import Progress, caught_up
from headrace_dispatcher.recorder.recorder import latest
from headrace_dispatcher.release.window import WindowRule, window
from headrace_dispatcher.serving import lanes_in
from headrace_dispatcher.store.rows import InMotion

NORMAL = Lane(ANY_PLATFORM, "a", Priority.NORMAL)
HIGH = Lane(ANY_PLATFORM, "b", Priority.HIGH)
ARM = Lane(LINUX_ARM64, "a", Priority.NORMAL)


def test_the_window_follows_the_slots_that_serve_the_lane() -> None:
    rule = WindowRule(smallest=10, largest=100, per_slot=3)
    slots = {(LINUX_AMD64, "a"): 4, (LINUX_ARM64, "a"): 8, (LINUX_AMD64, "b"): 1000}
    assert window(rule, NORMAL, slots) == 36
    assert window(rule, ARM, slots) == 24
    assert window(rule, HIGH, slots) == 100
    assert window(rule, HIGH, {}) == 10


def motion(lane: Lane, state: JobState) -> InMotion:
    held = state in HELD
    return InMotion(
        id=new_id(), lane=lane, state=state, epoch=1, fence=7 if held else 0, instance="a" if held else None
    )


def test_what_is_in_both_places_is_no_difference() -> None:
    jobs = [motion(NORMAL, JobState.QUEUED), motion(HIGH, JobState.RUNNING)]
    subjects = {job.lane.subject(job.id) for job in jobs}
    assert not compare(jobs, subjects)


def test_without_a_message_a_queued_job_is_missing_and_a_running_one_unspoken() -> None:
    queued, running = motion(NORMAL, JobState.QUEUED), motion(HIGH, JobState.RUNNING)
    rest = replace(motion(HIGH, JobState.RUNNING), instance=None)
    assert compare([queued, running, rest], set()) == Differences(
        missing=frozenset({(queued.id, 1)}), unspoken=frozenset({(running.id, 7)})
    )


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        ((10, 4), (12, 9), False),
        ((10, 4), (12, 10), True),
        ((0, 0), (0, 0), True),
        ((10, 4), (3, 0), True),  # wiped: what was published then is gone
    ],
)
def test_a_difference_counts_once_what_was_published_then_is_recorded(
    then: tuple[int, int], now: tuple[int, int], expected: bool
) -> None:
    before = Progress(published=then[0], recorded=then[1])
    assert caught_up(before, Progress(published=now[0], recorded=now[1])) is expected


def test_a_message_of_no_job_in_motion_is_left_over_and_others_are_not_ours() -> None:
    subject = NORMAL.subject(new_id())
    found = compare([], {subject, "work.something.else"})
    assert found == Differences(leftover=frozenset({subject}))
    assert not found & Differences()


def test_a_job_in_another_lane_than_its_message_is_both() -> None:
    job = motion(NORMAL, JobState.QUEUED)
    elsewhere = HIGH.subject(job.id)
    found = compare([job], {elsewhere})
    assert found.missing == {(job.id, 1)}
    assert found.leftover == {elsewhere}


def test_of_several_progresses_the_furthest_is_written() -> None:
    job = new_id()
    events = [Progressed(id=job, fence=1, percent=p) for p in (10, 40, 30)]
    other = Progressed(id=job, fence=2, percent=5)
    assert latest([*events, other]) == [events[1], other]


def test_what_is_no_lane_in_a_bell_is_left_out() -> None:
    bell = QueuedBell(lanes=[str(NORMAL), "x", "any/a/soon", str(HIGH)])
    assert list(lanes_in(bell)) == [NORMAL, HIGH]
