"""The five portals as a job goes through them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.unit.api.auraflux.views import NOW, VIDEO, view

from headrace_api.dialects.auraflux.portals import NAMES, current, portals
from headrace_contracts.catalogue.video_production import PORTALS
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobView

_S = JobState
_LATER = NOW + timedelta(hours=1)
_DONE4 = ["complete"] * 4


def words(job: JobView) -> list[str]:
    return [portal["status"] for portal in portals(job, now=NOW)]


def test_there_are_five_in_their_order() -> None:
    shown = portals(view(_S.QUEUED), now=NOW)
    assert [(each["number"], each["name"]) for each in shown] == list(enumerate(NAMES, 1))
    assert NAMES == ("intake", "analyse", "produce", "copy", "publish")


def test_every_report_of_the_agent_is_understood() -> None:
    for number, name in enumerate(PORTALS, 1):
        assert current(view(_S.RUNNING, progress_message=f"{name}: reading")) == number


@pytest.mark.parametrize("message", [None, "", "frames", "0 nothing", "5 publish", "9", "² produce", "-1"])
def test_a_report_that_names_none_stands_for_the_first(message: str | None) -> None:
    assert current(view(_S.RUNNING, progress_message=message)) == 1


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        (view(_S.QUEUED), ["pending"] * 4 + ["skipped"]),
        (view(_S.QUEUED, publishes=True), ["pending"] * 5),
        (view(_S.QUEUED, staging=True), ["pending"] * 5),
        (
            view(_S.RUNNING, started_at=NOW, progress_message="3 produce: encoding", publishes=True),
            ["complete", "complete", "running", "pending", "pending"],
        ),
        (view(_S.STAGED, staging=True), [*_DONE4, "awaiting_approval"]),
        (view(_S.STAGED, publishes=True, approved_at=NOW), [*_DONE4, "running"]),
        (view(_S.STAGED, publishes=True, approved_at=NOW, publish_at=_LATER), [*_DONE4, "pending"]),
        (view(_S.STAGED, publishes=True, approved_at=NOW, publish_at=NOW), [*_DONE4, "running"]),
        (view(_S.COMPLETED, publishes=True, approved_at=NOW), [*_DONE4, "complete"]),
        (view(_S.COMPLETED), [*_DONE4, "skipped"]),
        (view(_S.COMPLETED, staging=True, approved_at=NOW), [*_DONE4, "skipped"]),
        (
            view(_S.FAILED, started_at=NOW, progress_message="2 analyse: x", publishes=True),
            ["complete", "failed", "skipped", "skipped", "skipped"],
        ),
        (view(_S.FAILED), ["failed", *["skipped"] * 4]),
        (view(_S.FAILED, started_at=NOW, publishes=True, approved_at=NOW, file=VIDEO), [*_DONE4, "failed"]),
        (view(_S.CANCELLED), ["cancelled", *["skipped"] * 4]),
        (view(_S.CANCELLED, started_at=NOW, staging=True, file=VIDEO), [*_DONE4, "cancelled"]),
        (
            view(_S.CANCELLED, started_at=NOW, progress_message="4 copy: x"),
            ["complete", "complete", "complete", "cancelled", "skipped"],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_where_a_job_stands(job: JobView, expected: list[str]) -> None:
    assert words(job) == expected
