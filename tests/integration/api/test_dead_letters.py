"""The list of dead letters in the record: each statement goes by the index that is made for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.support.dead_letters import dead_letter
from tests.support.record import PUBLIC_ACCOUNT, pool_of

from headrace_contracts.ids import new_id
from headrace_store.queries import load

SQL = load("headrace_api.store", "dead_letters.sql")
_ALL: list[Any] = [None] * 5
PAGE = [*_ALL, None, 20]


def indexes(plan: dict[str, Any]) -> Iterator[str]:
    """Of all parts of a plan; a table that is read whole has its node's name."""
    if "Scan" in plan["Node Type"]:
        yield plan.get("Index Name", plan["Node Type"])
    for part in plan.get("Plans", []):
        yield from indexes(part)


async def test_each_list_goes_by_its_index(record_url: str) -> None:
    other, used = new_id(), {}
    async with pool_of(record_url) as pool:
        await pool.execute("INSERT INTO accounts (id, name) VALUES ($1, 'other')", other)
        for number in range(32):
            job_id = await dead_letter(pool, other if number % 8 else PUBLIC_ACCOUNT)
            if number % 4 == 3:
                await pool.execute(SQL["discard"], job_id)
        await pool.execute("ANALYZE dead_letters")
        for name, arguments in (
            ("page_of_account", [PUBLIC_ACCOUNT, *PAGE]),
            ("oldest_of_account", [PUBLIC_ACCOUNT, *PAGE]),
            ("total_of_account", [PUBLIC_ACCOUNT, *_ALL]),
            ("page_of_all", [None, *PAGE]),
            ("oldest_of_all", [None, *PAGE]),
        ):
            (row,) = await pool.fetch(f"EXPLAIN (FORMAT JSON) {SQL[name]}", *arguments)
            used[name] = set(indexes(json.loads(row[0])[0]["Plan"]))
    assert used == {
        "page_of_account": {"dead_letters_open"},
        "oldest_of_account": {"dead_letters_open"},
        "total_of_account": {"dead_letters_open"},
        "page_of_all": {"dead_letters_all"},
        "oldest_of_all": {"dead_letters_all"},
    }
