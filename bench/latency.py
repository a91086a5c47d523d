"""Idle latency: from POST to the result being readable, one job after another."""

from __future__ import annotations

import time

from bench.client import result_of, session, submit_one
from bench.figures import percentile
from bench.stack import stack

JOBS = 300


async def measure() -> tuple[float, float]:
    """(p50, p99) in milliseconds."""
    times_ms = []
    with stack() as target:
        async with session() as http:
            for number in range(20 + JOBS):
                start = time.perf_counter()
                await result_of(http, target.origin, await submit_one(http, target.origin))
                if number >= 20:  # the first ones open connections
                    times_ms.append((time.perf_counter() - start) * 1000)
    return percentile(times_ms, 0.5), percentile(times_ms, 0.99)
