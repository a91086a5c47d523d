"""How jobs are shown while they run."""

from __future__ import annotations

import io

from rich.console import Console
from tests.support.demo_views import at, view

from headrace.demo.board import LineBoard, bar, job_table, times
from headrace.demo.jobs import DemoJob
from headrace_contracts.jobs.state import JobState

JOB = DemoJob(key="k", model="text-generation", title="write a story")


def _lines(*views: object) -> list[str]:
    out = io.StringIO()
    board = LineBoard([JOB], Console(file=out, width=200))
    for each in views:
        board.update({"k": each}, at(4))  # type: ignore[dict-item]  # the parameter is variadic
    return out.getvalue().splitlines()


def test_a_line_for_each_change_of_state_or_attempt_only() -> None:
    queued = view(state=JobState.QUEUED, started_at=None, finished_at=None, agent=None, attempt=0)
    running = view(state=JobState.RUNNING, finished_at=None, progress=1.0)
    further = view(state=JobState.RUNNING, finished_at=None, progress=50.0)
    again = view(state=JobState.RUNNING, finished_at=None, attempt=2, agent="agent-2", started_at=at(2))
    assert _lines(queued, running, further, again, view(attempt=2, agent="agent-2")) == [
        "queued     write a story (text-generation, normal)",
        "running    write a story (text-generation, normal)  agent-1  queued 1.0 s, ran 3.0 s",
        "running    write a story (text-generation, normal)  agent-2, attempt 2  queued 2.0 s, ran 2.0 s",
        "completed  write a story (text-generation, normal)  agent-2, attempt 2  queued 1.0 s, ran 2.0 s",
    ]


def test_a_reason_is_shown() -> None:
    failed = view(state=JobState.FAILED, failure_reason="it is cut short")
    assert _lines(failed)[0].endswith("it is cut short")


def test_the_table_fits_80_columns_and_shows_what_is_to_come() -> None:
    jobs = [JOB, DemoJob(key="later", model="noop", title="a title that is 24 long")]
    out = io.StringIO()
    running = view(state=JobState.RUNNING, finished_at=None, attempt=2, progress=42.0)
    Console(file=out, width=80).print(job_table(jobs, {"k": running}, at(4)))
    text = out.getvalue()
    assert "…" not in text
    for word in (
        "write a story",
        "normal",
        "running #2",
        "██░░░  42%",
        "agent-1",
        "1.0 s",
        "3.0 s",
        "to come",
    ):
        assert word in text, word


def test_times_of_a_job_that_went_back_to_the_queue() -> None:
    assert times(view(state=JobState.QUEUED, finished_at=None), at(9)) == (9.0, None)
    assert times(view(), at(9)) == (1.0, 2.0)


def test_bars() -> None:
    assert bar(view()) == "█████ 100%"
    assert bar(view(state=JobState.RUNNING, progress=0.0)) == "░░░░░   0%"
    assert bar(view(state=JobState.QUEUED, progress=30.0)) == ""
    assert bar(view(state=JobState.FAILED, progress=None)) == ""
