"""The load: a client of the radiance dialect."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import asyncpg

#: 200 bytes as JSON.
PAYLOAD = {"data": "x" * (200 - len('{"data": ""}'))}
_BATCH = 100
_POSTS_AT_ONCE = 4


@asynccontextmanager
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP client without a limit of its own."""
    connector = aiohttp.TCPConnector(limit=64)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=60)) as http:
        yield http


async def submit_batches(http: aiohttp.ClientSession, origin: str, count: int) -> list[str]:
    """Submit ``count`` no-op jobs in batches of 100; returns their ids."""
    body = json.dumps({"jobs": [{"model": "noop", "payload": PAYLOAD}] * _BATCH}).encode()
    left = iter(range(count // _BATCH))
    ids: list[str] = []

    async def poster() -> None:
        for _ in left:
            async with http.post(
                f"{origin}/airunner/submit/batch", data=body, headers={"Content-Type": "application/json"}
            ) as answer:
                assert answer.status == 200, await answer.text()
                ids.extend(job["id"] for job in (await answer.json())["result"]["jobs"])

    await asyncio.gather(*(poster() for _ in range(_POSTS_AT_ONCE)))
    return ids


async def submit_one(http: aiohttp.ClientSession, origin: str, priority: str = "normal") -> str:
    """Submit one no-op job; returns its id."""
    body = {"model": "noop", "payload": PAYLOAD, "priority": priority}
    async with http.post(f"{origin}/airunner/submit", json=body) as answer:
        assert answer.status == 201, await answer.text()
        found: str = (await answer.json())["result"]["id"]
        return found


async def result_of(http: aiohttp.ClientSession, origin: str, job_id: str) -> None:
    """Ask for the result until it is there."""
    while True:
        async with http.get(f"{origin}/airunner/result/json/{job_id}") as answer:
            if answer.status == 200:
                assert (await answer.json())["result"] is not None
                return
            assert answer.status == 409, await answer.text()


async def until_nothing_waits(record: asyncpg.Connection[asyncpg.Record], *, limit_s: float) -> float:
    """Wait until no job is open; returns the time of it (``time.perf_counter``)."""
    end = time.perf_counter() + limit_s
    while await record.fetchval(
        "SELECT EXISTS (SELECT 1 FROM jobs WHERE state = 'queued')"
        " OR EXISTS (SELECT 1 FROM jobs WHERE released AND state IN ('claimed', 'running'))"
    ):
        if time.perf_counter() > end:
            raise TimeoutError(f"jobs were still open after {limit_s:g} s")
        await asyncio.sleep(0.01)
    return time.perf_counter()


async def check_all_completed(record: asyncpg.Connection[asyncpg.Record], count: int) -> None:
    """Every job is completed, once, with its result in the record."""
    row = await record.fetchrow(
        "SELECT count(*) FILTER (WHERE state = 'completed' AND result IS NOT NULL) AS good, count(*) AS all,"
        " max(attempt) AS attempts FROM jobs"
    )
    assert row is not None
    assert (row["good"], row["all"], row["attempts"]) == (count, count, 1), dict(row)
