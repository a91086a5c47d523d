"""How much a process takes from the record at a time. (That limits hold over processes is an integration test.)"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from headrace_api.core.errors import RateLimitedError
from headrace_api.core.limits import MAX_WINDOW_S, RateLimits
from headrace_store.accounts.limits import Taken

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class Windows:
    """A record with a clock of its own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.taken: dict[tuple[str, int], int] = {}
        self.amounts: list[int] = []

    def clock(self) -> float:
        return self.now

    async def take(self, subject: str, window_s: int, amount: int) -> Taken:
        await asyncio.sleep(0)
        start = int(self.now // window_s) * window_s
        self.amounts.append(amount)
        self.taken[subject, start] = self.taken.get((subject, start), 0) + amount
        end = start + window_s
        return Taken(
            total=self.taken[subject, start], ends_at=EPOCH + timedelta(seconds=end), left_s=end - self.now
        )


async def test_requests_at_once_share_a_query() -> None:
    windows = Windows()
    limits = RateLimits(windows, clock=windows.clock)
    allowances = await asyncio.gather(*(limits.take("a", limit=60, window_s=60) for _ in range(40)))
    assert windows.amounts == [1, 39], "the first asks at once, the others gather meanwhile"
    assert sorted(allowance.remaining for allowance in allowances) == list(range(20, 60))


async def test_of_a_large_limit_a_little_is_taken_ahead() -> None:
    windows = Windows()
    limits = RateLimits(windows, clock=windows.clock)
    for _ in range(12):
        await limits.take("a", limit=1000, window_s=3600)
    assert windows.amounts == [5, 5, 5]


async def test_a_limit_without_end_asks_for_what_the_record_can_count() -> None:
    windows = Windows()
    limits = RateLimits(windows, factor=1e12, clock=windows.clock)
    await limits.take("a", limit=1_000_000, window_s=60)
    assert windows.amounts == [5_000_000]  # an integer of four bytes, many times over


async def test_what_was_taken_ahead_dies_with_its_window() -> None:
    windows = Windows()
    limits = RateLimits(windows, clock=windows.clock)
    await limits.take("a", limit=1000, window_s=60)
    windows.now = 60.0
    allowance = await limits.take("a", limit=1000, window_s=60)
    assert windows.amounts == [5, 5]
    assert allowance.remaining == 999
    assert allowance.reset_at == EPOCH + timedelta(seconds=120)


async def test_the_wait_is_until_the_end_of_the_window() -> None:
    windows = Windows()
    windows.now = 17.5
    limits = RateLimits(windows, clock=windows.clock)
    await limits.take("a", limit=1, window_s=60)
    windows.now = 20.5
    for _ in range(3):
        with pytest.raises(RateLimitedError) as refused:
            await limits.take("a", limit=1, window_s=60)
        assert refused.value.retry_after_s == 40
    assert windows.amounts == [1], "a refusal costs no query"
    windows.now = 60.0
    await limits.take("a", limit=1, window_s=60)


async def test_what_others_took_is_seen() -> None:
    windows = Windows()
    windows.taken["a", 0] = 9
    limits = RateLimits(windows, clock=windows.clock)
    assert (await limits.take("a", limit=10, window_s=60)).remaining == 0
    with pytest.raises(RateLimitedError):
        await limits.take("a", limit=10, window_s=60)


@pytest.mark.parametrize("window_s", [0, MAX_WINDOW_S + 1])
async def test_a_window_that_the_housekeeping_would_forget_is_refused(window_s: int) -> None:
    with pytest.raises(ValueError, match="window"):
        await RateLimits(Windows()).take("a", limit=1, window_s=window_s)
