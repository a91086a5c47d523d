"""A limit holds for all replicas together, exactly, however many ask at once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from tests.support.record import pool_of
from tests.support.servers import RealServer, database_url
from tests.support.waiting import until

from headrace.embedded.postgres import PostgresServer
from headrace_api.core.errors import Allowance, RateLimitedError, UnavailableError
from headrace_api.core.limits import RateLimits
from headrace_api.store.identity import RecordLeftovers, RecordWindows

HOUR = 3600


async def outcomes(limits: list[RateLimits], asks: int, *, limit: int, window_s: int = HOUR) -> list[bool]:
    subject = f"key:{uuid4()}"

    async def ask(number: int) -> bool:
        try:
            await limits[number % len(limits)].take(subject, limit=limit, window_s=window_s)
        except RateLimitedError:
            return False
        return True

    return await asyncio.gather(*(ask(number) for number in range(asks)))


async def test_exactly_the_limit_passes_over_two_replicas(record_url: str) -> None:
    async with pool_of(record_url) as one, pool_of(record_url) as two:
        limits = [RateLimits(RecordWindows(one)), RateLimits(RecordWindows(two))]
        assert (await outcomes(limits, 300, limit=100)).count(True) == 100


async def test_of_a_large_limit_each_replica_leaves_at_most_half_a_percent(record_url: str) -> None:
    async with pool_of(record_url) as one, pool_of(record_url) as two:
        limits = [RateLimits(RecordWindows(one)), RateLimits(RecordWindows(two))]
        passed = (await outcomes(limits, 2500, limit=2000)).count(True)
    assert 1980 <= passed <= 2000


async def test_the_factor_multiplies_and_never_goes_below_one(record_url: str) -> None:
    async with pool_of(record_url) as pool:
        assert (await outcomes([RateLimits(RecordWindows(pool), factor=0.5)], 30, limit=20)).count(True) == 10
        assert (await outcomes([RateLimits(RecordWindows(pool), factor=0.01)], 5, limit=3)).count(True) == 1


async def test_an_allowance_counts_down_and_names_the_end_of_its_window(record_url: str) -> None:
    async with pool_of(record_url) as pool:
        limits = RateLimits(RecordWindows(pool))
        seen = [await limits.take("key:a", limit=3, window_s=HOUR) for _ in range(3)]
        assert [each.remaining for each in seen] == [2, 1, 0]
        assert all(each.limit == 3 and each.reset_at > datetime.now(UTC) for each in seen)
        assert seen[0].reset_at.minute == seen[0].reset_at.second == 0
        with pytest.raises(RateLimitedError) as refused:
            await limits.take("key:a", limit=3, window_s=HOUR)
    assert refused.value.allowance == Allowance(limit=3, remaining=0, reset_at=seen[0].reset_at)
    assert 1 <= refused.value.retry_after_s <= HOUR


async def test_a_minute_and_an_hour_of_one_subject_are_counted_apart(record_url: str) -> None:
    async with pool_of(record_url) as pool:
        limits = RateLimits(RecordWindows(pool))
        for _ in range(2):
            await limits.take("key:a", limit=2, window_s=60)
        assert (await limits.take("key:a", limit=2, window_s=HOUR)).remaining == 1
        assert (await limits.take("key:b", limit=2, window_s=60)).remaining == 1


async def test_a_new_window_is_free_again(record_url: str) -> None:
    async with pool_of(record_url) as pool:
        limits = RateLimits(RecordWindows(pool))
        first = await limits.take("key:a", limit=1, window_s=1)

        async def passes() -> Allowance | None:
            try:
                return await limits.take("key:a", limit=1, window_s=1)
            except RateLimitedError:
                return None

        assert (await until(passes)).reset_at > first.reset_at


async def test_a_refused_subject_costs_no_more_queries(record_url: str) -> None:
    async with pool_of(record_url) as pool:
        limits = RateLimits(RecordWindows(pool))
        for _ in range(50):
            try:
                await limits.take("key:a", limit=2, window_s=HOUR)
            except RateLimitedError:
                continue
        assert await pool.fetchval("SELECT taken FROM rate_windows") <= 3


async def test_nobody_passes_while_the_record_is_away(own_postgres: RealServer[PostgresServer]) -> None:
    async with pool_of(database_url(own_postgres, "postgres")) as pool:
        limits = RateLimits(RecordWindows(pool))
        await own_postgres.stop()
        with pytest.raises(UnavailableError):
            await limits.take("key:a", limit=2, window_s=HOUR)


async def test_windows_that_are_over_are_forgotten(record_url: str) -> None:
    async with pool_of(record_url) as pool:
        limits = RateLimits(RecordWindows(pool))
        await limits.take("key:now", limit=2, window_s=HOUR)
        await pool.execute(
            "INSERT INTO rate_windows (subject, starts_at, taken) VALUES ('key:old', now() - interval '3 hours', 1)"
        )
        await RecordLeftovers(pool).forget()
        assert [row["subject"] for row in await pool.fetch("SELECT subject FROM rate_windows")] == [
            f"key:now/{HOUR}"
        ]
