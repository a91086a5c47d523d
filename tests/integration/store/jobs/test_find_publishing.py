"""Lists of jobs by what becomes of their results."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support.record import PUBLIC_ACCOUNT, insert, new_job, pool_of

from headrace_contracts.jobs.state import JobState
from headrace_store.jobs.find import JobFinder, JobQuery

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_JOBS: list[tuple[str, dict[str, Any]]] = [
    ("running", {"state": "running"}),
    ("running, publishes", {"state": "running", "publishes": True}),
    ("waits for approval", {"state": "staged", "staging": True}),
    ("being published", {"state": "staged", "publishes": True, "approved_at": _NOW}),
    ("complete", {"state": "completed"}),
    ("published", {"state": "completed", "publishes": True, "approved_at": _NOW}),
]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, [name for name, _ in _JOBS]),
        ({"publishes": True}, ["running, publishes", "being published", "published"]),
        ({"publishes": False}, ["running", "waits for approval", "complete"]),
        ({"states": [JobState.COMPLETED], "publishes": False}, ["complete"]),
        ({"states": [JobState.STAGED], "approved": False}, ["waits for approval"]),
        (
            {"states": [JobState.RUNNING, JobState.STAGED], "approved": True},
            ["running", "running, publishes", "being published"],
        ),
    ],
    ids=str,
)
@pytest.mark.parametrize("order", [{}, {"descending": False}, {"sort": "state"}], ids=str)
async def test_list_and_count_keep_to_the_filters(
    filters: dict[str, Any], order: dict[str, Any], found: list[str], record_url: str
) -> None:
    async with pool_of(record_url) as pool:
        ids = await insert(pool, [new_job() for _ in _JOBS])
        names = dict(zip(ids, [name for name, _ in _JOBS], strict=True))
        for job_id, (_, fields) in zip(ids, _JOBS, strict=True):
            for column, value in fields.items():
                await pool.execute(f"UPDATE jobs SET {column} = $2 WHERE id = $1", job_id, value)  # noqa: S608 - ours
        page = await JobFinder(pool).find(JobQuery(account_id=PUBLIC_ACCOUNT, **filters, **order))
        assert sorted(names[view.id] for view in page.jobs) == sorted(found)
        assert page.total == len(found)
