"""What a look at a waiting job asks of the record goes by indexes, whatever else is there."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support.record import insert, new_job, pool_of

from headrace_contracts.ids import new_id
from headrace_contracts.jobs.lane import ANY_PLATFORM, PLATFORMS
from headrace_store.accounts.accounts import Accounts
from headrace_store.postgres import Pool
from headrace_store.queries import load

STATEMENTS = {
    **load("headrace_api.store", "estimates.sql"),
    **load("headrace_store.jobs", "waiting.sql"),
    **load("headrace_store.jobs", "quota.sql"),
    **load("headrace_store.accounts", "accounts.sql"),
}
_EVERYWHERE = [*PLATFORMS, ANY_PLATFORM]


@pytest.fixture
async def pool(record_url: str) -> AsyncIterator[Pool]:
    """Many jobs that have ended, some that wait, and few that run."""
    async with pool_of(record_url) as pool:
        other = (await Accounts(pool).create("other", "operate")).id
        for state, count in (("completed", 5000), ("queued", 500), ("running", 20)):
            ids = await insert(pool, [new_job(account_id=other) for _ in range(count)])
            await pool.execute(
                "UPDATE jobs SET state = $2, finished_at = $3 WHERE id = ANY ($1)",
                ids,
                state,
                datetime.now(UTC) if state == "completed" else None,
            )
        await pool.execute("ANALYZE jobs")
        yield pool


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


@pytest.mark.parametrize(
    ("name", "values", "indexes"),
    [
        ("runs", ["text-generation", 500], {"jobs_ended"}),
        ("queue", [_EVERYWHERE, "text-generation", 100_000], {"jobs_in_motion", "jobs_turns"}),
        (
            "servers",
            [_EVERYWHERE, "text-generation", 18.0, True, None, 60.0, None, 10_000],
            {"jobs_in_motion_by_account"},
        ),
        (
            "facts",
            [[new_id()], True, 100_000],
            {"jobs_pkey", "jobs_waiting", "jobs_turns", "jobs_in_motion_by_account"},
        ),
        ("room", [[new_id()], [new_id()]], {"jobs_by_account", "jobs_waiting_by_account"}),
        ("load", [new_id()], {"jobs_waiting_by_account", "jobs_in_motion_by_account"}),
    ],
)
async def test_jobs_are_found_by_the_index_that_was_made_for_it(
    pool: Pool, name: str, values: list[Any], indexes: set[str]
) -> None:
    text = await pool.fetchval(f"EXPLAIN (FORMAT JSON) {STATEMENTS[name]}", *values)
    found = list(nodes(json.loads(text)[0]["Plan"]))
    assert [
        node for node in found if node["Node Type"] == "Seq Scan" and node["Relation Name"] == "jobs"
    ] == []
    used = {node["Index Name"] for node in found if node.get("Index Name", "").startswith("jobs_")}
    assert used == indexes
