"""Words for states, and the way back."""

from __future__ import annotations

from itertools import product

import pytest
from tests.unit.api.auraflux.views import NOW, view

from headrace_api.dialects.auraflux.status import DONE, FILTERS, FINAL, Filter, Status, status_of
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobView

_S = JobState


@pytest.mark.parametrize(
    ("job", "status"),
    [
        (view(_S.SCHEDULED), "queued"),
        (view(_S.QUEUED), "queued"),
        (view(_S.CLAIMED), "queued"),
        (view(_S.RUNNING), "running"),
        (view(_S.STAGED, staging=True), "staged"),
        (view(_S.STAGED, staging=True, publishes=True), "staged"),
        (view(_S.STAGED, approved_at=NOW, publishes=True), "running"),
        (view(_S.COMPLETED), "complete"),
        (view(_S.COMPLETED, staging=True, approved_at=NOW), "complete"),
        (view(_S.COMPLETED, publishes=True, approved_at=NOW), "published"),
        (view(_S.FAILED), "failed"),
        (view(_S.FAILED, publishes=True), "failed"),
        (view(_S.CANCELLED), "cancelled"),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value.state),
)
def test_each_state_has_its_word(job: JobView, status: str) -> None:
    assert status_of(job) == status


def passes(job: JobView, wanted: Filter) -> bool:
    """What find.sql does with the fields of a query."""
    return (
        (wanted.states is None or job.state in wanted.states)
        and (wanted.publishes is None or job.publishes == wanted.publishes)
        and (
            wanted.approved is None
            or job.state is not JobState.STAGED
            or (job.approved_at is not None) == wanted.approved
        )
    )


def test_each_job_is_found_under_its_status_and_no_other() -> None:
    jobs = [
        view(state, publishes=publishes, approved_at=approved)
        for state, publishes, approved in product(JobState, (False, True), (None, NOW))
    ]
    for job in jobs:
        assert [status for status in Status if passes(job, FILTERS[status])] == [status_of(job)], job


def test_final_words_are_those_of_final_states() -> None:
    for state, publishes in product(JobState, (False, True)):
        job = view(state, publishes=publishes)
        assert (status_of(job) in FINAL) == job.final
    assert DONE < FINAL
