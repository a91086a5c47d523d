"""Credits under many submissions at once: never too many jobs, never a credit lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
from tests.integration.api.auraflux.client import Client
from tests.support.destinations import add_destination
from tests.support.site import Site

from headrace_store.postgres import Pool

_AT_ONCE = 50
# In one statement, as of one moment.
_BOOKS = """
SELECT w.balance, sum(l.amount) FILTER (WHERE l.account_id IS NOT NULL) AS account_side,
    sum(l.amount) FILTER (WHERE l.account_id IS NULL) AS house_side,
    60 - (SELECT COALESCE(sum(credits), 0) FROM jobs j
          WHERE j.account_id = w.account_id AND j.state NOT IN ('cancelled', 'failed')) AS by_jobs
FROM wallets w JOIN ledger l ON l.for_account = w.account_id
WHERE w.account_id = $1 GROUP BY w.account_id, w.balance
"""


class Books:
    """Looks into the ledger as often as it can, until it is closed."""

    def __init__(self, pool: Pool, client: Client) -> None:
        self._pool = pool
        self._client = client
        self._open = True
        self.seen: list[dict[str, Any]] = []
        self._task = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while self._open:
            self.seen.append(dict(await self._pool.fetchrow(_BOOKS, self._client.account.id) or {}))

    async def close(self) -> None:
        self._open = False
        await self._task
        assert self.seen
        for look in self.seen:
            assert look["balance"] == look["account_side"] == -look["house_side"] == look["by_jobs"], look
            assert look["balance"] >= 0


async def wish(cost: int, client: Client, site: Site) -> dict[str, Any]:
    """A job of that cost."""
    if cost == 3:
        for name in ("archive", "mirror"):
            await add_destination(site.record_url, client.account.id, name)
        return {"entry": "prompt", "prompt": "x", "platforms": ["archive", "mirror"]}
    if cost == 2:
        sent = await client.upload()
        return {"entry": "upload", "fileId": sent["fileId"]}
    return {"entry": "prompt", "prompt": "x"}


@pytest.mark.parametrize("cost", [1, 2, 3])
async def test_fifty_at_once_spend_what_there_is_and_no_more(
    cost: int, client: Client, site: Site, pool: Pool
) -> None:
    body = await wish(cost, client, site)
    books = Books(pool, client)
    answers = await asyncio.gather(
        *(client.ask("POST", "/jobs", status=None, json=body) for _ in range(_AT_ONCE))
    )
    await books.close()
    affordable = min(_AT_ONCE, 60 // cost)
    wanted = Counter({201: affordable, 402: _AT_ONCE - affordable})
    assert Counter(status for status, _ in answers) == +wanted
    assert {body["creditsCharged"] for status, body in answers if status == 201} == {cost}
    for status, refusal in answers:
        if status == 402:
            assert refusal["error"]["code"] == "insufficient_credits"
            assert refusal["error"]["details"]["needed"] == cost
    left = 60 - affordable * cost
    assert await client.credits() == left
    stored = await pool.fetchval("SELECT count(*) FROM jobs WHERE account_id = $1", client.account.id)
    assert stored == affordable
    charges = await pool.fetch(
        "SELECT job_id, amount FROM ledger WHERE account_id = $1 AND kind = 'charge'", client.account.id
    )
    assert len({row["job_id"] for row in charges}) == affordable
    assert {row["amount"] for row in charges} == {-cost}


async def test_submits_and_cancels_at_once_keep_the_books(client: Client, pool: Pool) -> None:
    async def there_and_back() -> None:
        job_id = await client.submit()
        gone = await client.ask("DELETE", f"/jobs/{job_id}")
        assert gone["creditsRefunded"] == 1

    books = Books(pool, client)
    await asyncio.gather(*(there_and_back() for _ in range(20)))
    await books.close()
    assert await client.credits() == 60


async def test_one_key_at_once_makes_one_job_and_one_charge(client: Client, pool: Pool) -> None:
    body = {"entry": "prompt", "prompt": "x"}
    answers = await asyncio.gather(
        *(
            client.ask("POST", "/jobs", status=201, json=body, headers={"Idempotency-Key": "once"})
            for _ in range(30)
        )
    )
    assert len({answer["jobId"] for answer in answers}) == 1
    assert all(answer == answers[0] for answer in answers)
    assert await client.credits() == 59
    assert await pool.fetchval("SELECT count(*) FROM jobs WHERE account_id = $1", client.account.id) == 1


async def test_a_key_whose_submit_was_refused_is_free(client: Client, pool: Pool) -> None:
    await pool.execute("SELECT move_credits($1, -60, 'grant', NULL)", client.account.id)
    body, key = {"entry": "prompt", "prompt": "x"}, {"Idempotency-Key": "later"}
    await client.ask("POST", "/jobs", status=402, json=body, headers=key)
    await pool.execute("SELECT move_credits($1, 1, 'grant', NULL)", client.account.id)
    made = await client.ask("POST", "/jobs", status=201, json=body, headers=key)
    # Nothing is left, and yet the same request has the same answer.
    assert await client.ask("POST", "/jobs", status=201, json=body, headers=key) == made
    assert await client.credits() == 0
