"""What takes turns, ages and is counted is found by its own index, one probe a tenant, whatever the statistics say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.dispatching import TEXT
from tests.support.tenants import enqueue, tenant

from headrace_contracts.ids import new_id
from headrace_dispatcher.store.aging import SQL as AGING
from headrace_dispatcher.store.drains import SQL as DRAINS
from headrace_dispatcher.store.pools import SQL as POOLS
from headrace_dispatcher.store.release import LIMITS
from headrace_dispatcher.store.release import SQL as RELEASE
from headrace_store.postgres import Pool

LANE = f"'{TEXT.platform}', '{TEXT.pool}', {int(TEXT.priority)}"
ID = f"'{new_id()}'"
#: Statement, the types of its parameters, values for them, and the only indexes by which it may find its jobs.
STATEMENTS: dict[str, tuple[str, str, str, set[str]]] = {
    "take": (
        RELEASE["take"],
        "text, text, smallint, bigint, uuid[]",
        f"{LANE}, 16, '{{}}'",
        {"jobs_turns", "jobs_in_motion_by_account", "jobs_pkey"},
    ),
    "lock_waiting": (
        LIMITS["lock_waiting"],
        "text, text, smallint, uuid[]",
        f"{LANE}, ARRAY[{ID}]::uuid[]",
        {"jobs_turns"},
    ),
    "has_room": (LIMITS["has_room"], "uuid", ID, {"jobs_pkey", "jobs_in_motion_by_account"}),
    "standing": (LIMITS["standing"], "uuid, text", f"{ID}, 'a'", {"jobs_pkey"}),
    "grown": (AGING["grown"], "double precision, bigint", "600, 500", {"jobs_aging", "jobs_pkey"}),
    "lift": (
        AGING["lift"],
        "uuid[], smallint[], bigint",
        f"ARRAY[{ID}]::uuid[], ARRAY[1]::smallint[], 1048576",
        {"jobs_pkey"},
    ),
    "recall": (
        POOLS["recall"],
        "text, text, smallint, bigint",
        f"{LANE}, 1048576",
        # Both hold what waits and no more; it is done once for a pause, by whichever is smaller.
        {"jobs_waiting", "jobs_waiting_by_account", "jobs_pkey"},
    ),
    "set_priority": (RELEASE["set_priority"], "uuid, smallint, bigint", f"{ID}, 1, 0", {"jobs_pkey"}),
    "look": (RELEASE["look"], "", "", {"jobs_waiting"}),
    "instances": (DRAINS["instances"], "text", "'a'", set()),
}


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All parts of a plan."""
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


async def plan(record: Pool, name: str, options: str = "FORMAT JSON") -> list[dict[str, Any]]:
    """How the statement reads tables, planned as it is for a prepared statement."""
    statement, types, values, _ = STATEMENTS[name]
    async with record.acquire() as connection:
        if not values:
            (row,) = await connection.fetch(f"EXPLAIN ({options}) {statement}")
        else:
            await connection.execute(f"PREPARE asked ({types}) AS {statement}")
            (row,) = await connection.fetch(f"EXPLAIN ({options}) EXECUTE asked ({values})")
            await connection.execute("DEALLOCATE asked")
    return [node for node in nodes(json.loads(row[0])[0]["Plan"]) if "Scan" in node["Node Type"]]


async def fill(record: Pool) -> None:
    """A few tenants with many jobs, and what an earlier day has left."""
    for number in range(8):
        jobs = await enqueue(record, await tenant(record, f"t{number}"), 100, TEXT)
        await record.execute(
            "UPDATE jobs SET state = 'completed', released = true, finished_at = now() WHERE id = ANY ($1::uuid[])",
            jobs[:80],
        )


@pytest.mark.parametrize("analyzed", ["never", "empty", "full"])
async def test_each_goes_by_its_own_index(record: Pool, analyzed: str) -> None:
    if analyzed == "empty":
        await record.execute("ANALYZE")
    await fill(record)
    if analyzed == "full":
        await record.execute("ANALYZE")
    for name, (_, _, _, indexes) in STATEMENTS.items():
        for node in await plan(record, name):
            assert node["Node Type"] != "Seq Scan", (name, node)
            # A heap scan stands above the scan of the index that it goes by.
            if node.get("Relation Name") == "jobs" and node["Node Type"] != "Bitmap Heap Scan":
                assert node["Index Name"] in indexes, (name, node)


async def test_the_take_probes_once_for_each_tenant(record: Pool) -> None:
    await fill(record)
    found = await plan(record, "take", "ANALYZE, FORMAT JSON, TIMING OFF")
    rows = sum(
        node["Actual Rows"] * node["Actual Loops"] for node in found if node.get("Index Name") == "jobs_turns"
    )
    # One a tenant for who waits, and at most sixteen a tenant of what waits; not all that waits in the lane.
    assert 8 < round(rows) <= 8 + 8 * 16
