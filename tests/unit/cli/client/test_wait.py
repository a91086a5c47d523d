"""Waiting hears of changes, looks again when the state changes, and keeps its time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from headrace.client.errors import JobFailedError, WaitTimeoutError
from headrace.client.events import Event
from headrace.client.model.job import Job
from headrace.client.operations import outcome
from headrace.client.operations.outcome import OutcomeCalls
from headrace.client.steps import Listen, Reply, Send, Sleep


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(outcome, "time", made)
    return made


def state(status: str, **fields: Any) -> bytes:
    return msgspec.json.encode({"job_id": "job_1", "status": status, "model": "noop", **fields})


def wait(
    clock: Clock, jobs: Iterable[bytes], *, events: Iterable[Event] = (), deaf: bool = False, **options: Any
) -> tuple[Job, list[float]]:
    """Wait for the job that looks so, one after the other; the result, and for how long it listened each time."""
    looks, heard = iter(jobs), list(events)
    times: list[float] = []
    steps = OutcomeCalls.wait.source(OutcomeCalls(), "job_1", **options)
    answer: Any = None
    while True:
        try:
            step = steps.send(answer)
        except StopIteration as end:
            return end.value, times
        match step:
            case Send():
                answer = Reply(status=200, headers={}, body=next(looks))
            case Listen():
                times.append(step.seconds)
                stopped = any(step.on_event(heard.pop(0)) for _ in list(heard))
                clock.now += 0.0 if stopped or deaf else step.seconds
                answer = not deaf
            case Sleep():
                clock.now += step.seconds
                answer = None
            case _:
                raise AssertionError(step)


def test_a_job_that_has_ended_is_not_listened_to(clock: Clock) -> None:
    assert wait(clock, [state("completed")]) == (Job(job_id="job_1", status="completed", model="noop"), [])


def test_progress_is_shown_as_it_is_heard_without_another_look(clock: Clock) -> None:
    seen: list[tuple[str, float | None, str | None]] = []
    events = [
        Event(id=None, kind="state", data={"status": "queued", "attempt": 0}),
        Event(id="0", kind="state", data={"status": "running", "attempt": 1, "miner_id": "agent-1"}),
        Event(id="1", kind="progress", data={"progress": 40, "message": "half"}),
        Event(id="2", kind="progress", data={"progress": 80, "message": ""}),
        Event(id="3", kind="state", data={"status": "completed"}),
    ]
    job, _ = wait(
        clock,
        [state("queued", progress=0), state("completed", progress=100)],
        events=events,
        on_look=lambda job: seen.append((job.status, job.progress, job.progress_message)),
    )
    assert job.status == "completed"
    assert seen == [
        ("queued", 0, None),
        ("running", 0, None),
        ("running", 40, "half"),
        ("running", 80, "half"),
        ("completed", 100, None),
    ]
    assert clock.now == 0


def test_a_job_that_waits_for_an_approval_is_seen_so_and_waited_for(clock: Clock) -> None:
    seen: list[tuple[str, bool]] = []
    job, times = wait(
        clock,
        [state("running"), state("staged", awaits_approval=True), state("completed")],
        events=[Event(id="1", kind="state", data={"status": "staged"})],
        on_look=lambda job: seen.append((job.status, job.awaits_approval)),
    )
    assert job.status == "completed"
    assert seen == [("running", False), ("staged", True), ("completed", False)]
    assert times == [1, 2]


def test_a_silent_job_is_looked_at_ever_more_seldom(clock: Clock) -> None:
    _, times = wait(clock, [*[state("queued")] * 8, state("completed")])
    assert times == [1, 2, 4, 8, 16, 30, 30, 30]


def test_where_events_do_not_come_it_looks_by_the_clock(clock: Clock) -> None:
    wait(clock, [*[state("queued")] * 5, state("completed")], deaf=True)
    assert clock.now == 1 + 2 + 4 + 5 + 5


@pytest.mark.parametrize("deaf", [True, False])
def test_the_time_that_was_given_is_kept(clock: Clock, deaf: bool) -> None:
    queued = state("queued", waiting_reason={"code": "no_agent", "message": "no agent is online"})
    with pytest.raises(WaitTimeoutError, match="after 10 s: no agent is online") as refusal:
        wait(clock, [queued] * 99, deaf=deaf, timeout_s=10)
    assert refusal.value.job.status == "queued"
    assert 10 <= clock.now < 10.1


def test_a_failure_is_raised_unless_it_is_not_wished(clock: Clock) -> None:
    failed = state("failed", failure={"code": "handler", "reason": "out of ink"})
    with pytest.raises(JobFailedError, match="job_1 failed: out of ink"):
        wait(clock, [failed])
    with pytest.raises(JobFailedError, match="job_1 was cancelled"):
        wait(clock, [state("cancelled")])
    assert wait(clock, [failed], check=False)[0].status == "failed"
