"""Claims over REST: claim and return, by several clients at once."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import asyncpg

from bench.client import check_all_completed, session, submit_batches, until_nothing_waits
from bench.processes import spent, usage
from bench.stack import BenchStack, stack

JOBS = 2_000
CLIENTS = 8


async def _worker(http: aiohttp.ClientSession, target: BenchStack) -> int:
    """Claim and return until nothing is left; returns how many."""
    auth = {"Authorization": f"Bearer {target.agent_token}", "x-agent-id": "bench"}
    done = 0
    while True:
        async with http.post(f"{target.origin}/airunner/agent/claim", headers=auth) as answer:
            if answer.status == 204:
                return done
            assert answer.status == 200, await answer.text()
            job = (await answer.json())["result"]
        async with http.post(
            f"{target.origin}/airunner/agent/return/{job['id']}",
            headers={**auth, "x-claim-token": job["claim_token"]},
            json={"data": {"ok": True}},
        ) as answer:
            assert answer.status == 200, await answer.text()
        done += 1


async def measure() -> tuple[float, float]:
    """Claim and return pairs a second, and CPU milliseconds a pair over all processes."""
    with stack(agents=0) as target:
        record = await asyncpg.connect(target.postgres_url)
        try:
            async with session() as http:
                await submit_batches(http, target.origin, JOBS)
                before = usage(target.pids)
                start = time.perf_counter()
                done = await asyncio.gather(*(_worker(http, target) for _ in range(CLIENTS)))
                elapsed = time.perf_counter() - start
                used = spent(before, usage(target.pids))
            assert sum(done) == JOBS, done
            await until_nothing_waits(record, limit_s=10)
            await check_all_completed(record, JOBS)
        finally:
            await record.close()
    return JOBS / elapsed, sum(used.values()) * 1000 / JOBS
