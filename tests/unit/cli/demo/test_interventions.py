"""When the demo interferes, and that it does so once."""

from __future__ import annotations

from uuid import UUID

import pytest
from tests.support.demo_views import view

from headrace.demo.conduct import is_over
from headrace.demo.interventions import CancelIt, SubmitAfter, all_ended, completed, is_under_way
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobView

RUNNING = view(state=JobState.RUNNING, finished_at=None, progress=5.0)


@pytest.mark.parametrize(
    ("state", "progress", "agent", "expected"),
    [
        (JobState.RUNNING, 5.0, "agent-1", True),
        (JobState.RUNNING, 4.9, "agent-1", False),
        (JobState.RUNNING, None, "agent-1", False),
        (JobState.RUNNING, 50.0, None, False),
        (JobState.QUEUED, 50.0, "agent-1", False),
        (JobState.COMPLETED, 100.0, "agent-1", False),
    ],
)
def test_the_moment(state: JobState, progress: float | None, agent: str | None, expected: bool) -> None:
    assert is_under_way(view(state=state, progress=progress, agent=agent), 5.0) is expected


async def test_a_job_is_cancelled_once_when_it_is_under_way() -> None:
    cancelled: list[JobView] = []
    said: list[str] = []

    async def cancel(job: JobView) -> None:
        cancelled.append(job)

    it = CancelIt("k", cancel=cancel, say=said.append)
    await it.look({})
    await it.look({"k": view(state=JobState.QUEUED)})
    assert cancelled == []
    await it.look({"k": RUNNING})
    await it.look({"k": RUNNING})
    assert cancelled == [RUNNING]
    assert it.done is not None
    assert (it.done.agent, it.done.progress) == ("agent-1", 5.0)
    assert len(said) == 1


async def test_a_job_is_submitted_once_after_the_one_that_it_waits_for() -> None:
    submitted: list[JobView] = []

    async def submit(source: JobView) -> None:
        submitted.append(source)

    it = SubmitAfter(ready=completed("source"), submit=submit)
    await it.look({"source": RUNNING})
    await it.look({"other": view()})
    assert submitted == []
    for _ in range(2):
        await it.look({"source": view()})
    assert submitted == [view()]


def test_all_have_ended() -> None:
    ready = all_ended(2)
    assert ready({"a": view(1)}) is None
    assert ready({"a": view(1), "b": RUNNING}) is None
    assert ready({"a": view(1), "b": view(2, state=JobState.FAILED)}) == view(2, state=JobState.FAILED)


def test_the_demo_is_over_when_all_ends_were_told() -> None:
    views = {"a": view(1), "b": view(2)}
    both = {UUID(int=1), UUID(int=2)}
    assert is_over(views, expected=2, told=both)
    assert not is_over(views, expected=3, told=both)
    assert not is_over(views, expected=2, told={UUID(int=1)})
    assert not is_over({**views, "b": view(2, state=JobState.RUNNING)}, expected=2, told=both)
