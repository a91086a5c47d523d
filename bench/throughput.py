"""Sustained end to end: from the first batch submit to the last result in the record."""

from __future__ import annotations

import time
from dataclasses import dataclass

import asyncpg

from bench.client import check_all_completed, session, submit_batches, until_nothing_waits
from bench.processes import Usage, spent, usage
from bench.stack import BenchStack, stack

JOBS = 10_000
MORE_JOBS = 40_000


@dataclass(frozen=True, kw_only=True)
class Throughput:
    """One run."""

    jobs_per_s: float
    submit_per_s: float
    #: CPU milliseconds a job, by process.
    cpu_ms: dict[str, float]
    #: Memory after the run, by process.
    memory_mb: dict[str, float]
    #: Memory after 50,000 jobs in all; empty when that was not asked for.
    memory_later_mb: dict[str, float]


async def _offer(
    target: BenchStack, record: asyncpg.Connection[asyncpg.Record], jobs: int
) -> tuple[float, float]:
    async with session() as http:
        start = time.perf_counter()
        ids = await submit_batches(http, target.origin, jobs)
        submitted = time.perf_counter()
    assert len(set(ids)) == jobs
    end = await until_nothing_waits(record, limit_s=120)
    return jobs / (end - start), jobs / (submitted - start)


def _memory(found: dict[str, Usage]) -> dict[str, float]:
    return {name: part.rss_mb for name, part in found.items()}


async def measure(*, long: bool) -> Throughput:
    """One run on a fresh stack, after 1,000 jobs to warm up."""
    with stack() as target:
        record = await asyncpg.connect(target.postgres_url)
        try:
            await _offer(target, record, 1_000)
            before = usage(target.pids)
            rate, submit_rate = await _offer(target, record, JOBS)
            after = usage(target.pids)
            await check_all_completed(record, 1_000 + JOBS)
            later: dict[str, float] = {}
            if long:
                await _offer(target, record, MORE_JOBS)
                later = _memory(usage(target.pids))
                await check_all_completed(record, 1_000 + JOBS + MORE_JOBS)
        finally:
            await record.close()
    return Throughput(
        jobs_per_s=rate,
        submit_per_s=submit_rate,
        cpu_ms={name: seconds * 1000 / JOBS for name, seconds in spent(before, after).items()},
        memory_mb=_memory(after),
        memory_later_mb=later,
    )
