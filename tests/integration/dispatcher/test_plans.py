"""The statements of the hot path find their jobs by primary key, however many wait."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support.record import insert, new_job

from headrace_contracts.jobs.state import JobState
from headrace_dispatcher.recorder.outcome import Outcome
from headrace_dispatcher.store.attempts import SQL as ATTEMPTS
from headrace_dispatcher.store.outcomes import SQL as OUTCOMES
from headrace_dispatcher.store.release import SQL as RELEASE
from headrace_dispatcher.store.reports import SQL as REPORTS
from headrace_store.postgres import Pool

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def arguments(name: str, ids: list[Any]) -> list[Any]:
    fences, count = [1 << 20] * len(ids), len(ids)
    outcomes = [
        Outcome(
            id=job,
            fence=1,
            state=JobState.COMPLETED,
            agent="a",
            instance="a",
            started_at=NOW,
            finished_at=NOW,
        )
        for job in ids
    ]
    by_name: dict[str, list[Any]] = {
        "start": [ids, fences, "a", "a"],
        "claim": [
            ids,
            fences,
            ["running"] * count,
            ["a"] * count,
            [b"x"] * count,
            ["s"] * count,
            [1.0] * count,
            [None] * count,
        ],
        "finish": [list(column) for column in zip(*(outcome.columns() for outcome in outcomes), strict=True)],
        "progress": [ids, fences, [1.0] * count, [""] * count],
        "put_back": [ids, [1] * count],
    }
    return by_name[name]


@pytest.mark.parametrize("name", ["start", "claim", "finish", "progress", "put_back"])
async def test_jobs_are_found_by_primary_key(record: Pool, name: str) -> None:
    ids = await insert(record, [new_job() for _ in range(500)])
    statement = {**ATTEMPTS, **OUTCOMES, **REPORTS, **RELEASE}[name]
    plan = await record.fetch(f"EXPLAIN (COSTS OFF) {statement}", *arguments(name, ids[:8]))
    lines = [row[0].strip() for row in plan]
    reads = [line for line in lines if " Scan" in line and (" on jobs" in line or "jobs_" in line)]
    assert reads
    assert all("jobs_pkey" in line for line in reads), lines


@pytest.mark.parametrize("released", [False, True])
async def test_the_heads_of_lanes_are_probed_not_scanned(record: Pool, released: bool) -> None:
    await insert(record, [new_job() for _ in range(500)])
    plan = await record.fetch(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {RELEASE['heads']}", released)
    rows = [line for (line,) in plan if "jobs_waiting" in line]
    assert rows
    assert not any("rows=500" in line for line in rows), rows
