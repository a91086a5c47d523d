"""The statements of the hot path find their jobs by primary key, however many wait; all others go by an index too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support.record import insert, new_job

from headrace_contracts.ids import new_id
from headrace_contracts.jobs.state import JobState
from headrace_dispatcher.recorder.outcome import Outcome
from headrace_dispatcher.store.attempts import SQL as ATTEMPTS
from headrace_dispatcher.store.leases import SQL as LEASES
from headrace_dispatcher.store.outcomes import SQL as OUTCOMES
from headrace_dispatcher.store.publishing import SQL as PUBLISHING
from headrace_dispatcher.store.release import SQL as RELEASE
from headrace_dispatcher.store.reports import SQL as REPORTS
from headrace_store.postgres import Pool

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ALL = {**ATTEMPTS, **LEASES, **OUTCOMES, **PUBLISHING, **RELEASE, **REPORTS}


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
        "output": [ids, fences, [0] * count, ["stdout"] * count, [""] * count],
        "lock": [ids[0]],
        "claim_one": [ids[0], 1 << 21, "running", "a", b"x", 1.0, None],
        "begin": [ids[0], 1],
        "requeue": [ids[0], False, None, True, 0],
        "set_run_at": [ids[0], NOW, 0],
        "end_without_run": [ids[0], "cancelled", None, "", ["queued"]],
        "approve": [ids[0]],
        "set_publish_at": [ids[0], NOW],
        "settle": [ids, 4000],
        "unsettled": [100],
        "output_kept": [ids[0], 64],
        "append_output": [ids[0], 1, "stdout", "", None, 0],
        "renew_worker": [new_id()],
        "of_worker": [new_id()],
        "due": [100],
        "late": [100],
        "policies": [ids],
        "adopt": [ids[0], 1 << 21, "a", "a", NOW],
        "lost_before": [ids[0]],
        "drop_lease": [ids[0]],
    }
    return by_name[name]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All parts of a plan."""
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


async def reads(record: Pool, name: str) -> list[dict[str, Any]]:
    """How the statement reads tables."""
    ids = await insert(record, [new_job() for _ in range(500)])
    (row,) = await record.fetch(f"EXPLAIN (FORMAT JSON) {ALL[name]}", *arguments(name, ids[:8]))
    found = [node for node in nodes(json.loads(row[0])[0]["Plan"]) if "Scan" in node["Node Type"]]
    # A heap scan stands above the scan of the index that it goes by.
    return [node for node in found if node["Node Type"] != "Bitmap Heap Scan"]


@pytest.mark.parametrize(
    "name",
    [
        "start", "claim", "finish", "progress", "put_back", "output", "lock", "claim_one", "begin", "requeue",
        "set_run_at", "end_without_run", "approve", "settle", "set_publish_at", "adopt",
    ],
)  # fmt: skip
async def test_jobs_are_found_by_primary_key(record: Pool, name: str) -> None:
    found = [node for node in await reads(record, name) if node.get("Relation Name") == "jobs"]
    assert found
    assert all(node.get("Index Name") == "jobs_pkey" and "Index Cond" in node for node in found), found


@pytest.mark.parametrize(
    "name",
    [
        "finish", "end_without_run", "approve", "set_publish_at", "settle", "unsettled",
        "output_kept", "append_output", "renew_worker", "of_worker", "due", "late", "lost_before",
        "drop_lease", "policies",
    ],
)  # fmt: skip
async def test_tables_are_read_by_an_index(record: Pool, name: str) -> None:
    #: An index that holds nothing but what is looked for is read whole.
    whole = {"jobs_publishing"}
    found = [node for node in await reads(record, name) if "Relation Name" in node or "Index Name" in node]
    assert found
    for node in found:
        assert node["Node Type"] != "Seq Scan", node
        assert "Index Cond" in node or node.get("Index Name") in whole, node


@pytest.mark.parametrize("released", [False, True])
async def test_the_heads_of_lanes_are_probed_not_scanned(record: Pool, released: bool) -> None:
    await insert(record, [new_job() for _ in range(500)])
    plan = await record.fetch(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {RELEASE['heads']}", released)
    rows = [line for (line,) in plan if "jobs_waiting" in line]
    assert rows
    assert not any("rows=500" in line for line in rows), rows
