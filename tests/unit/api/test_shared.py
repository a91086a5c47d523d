"""What many want to know at once is asked once, and what takes long more seldom."""

from __future__ import annotations

import asyncio

import pytest

from headrace_api.core.shared import Shared


class Source:
    def __init__(self) -> None:
        self.now = 100.0
        self.takes_s = 0.0
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.fails = False

    async def ask(self, key: str) -> str:
        self.asked += 1
        await self.gate.wait()
        self.now += self.takes_s
        if self.fails:
            raise ValueError("no")
        return f"{key}{self.asked}"

    def shared(self) -> Shared[str, str]:
        return Shared(self.ask, least_s=1.0, clock=lambda: self.now)


async def test_an_answer_is_good_for_a_while() -> None:
    source = Source()
    shared = source.shared()
    assert [await shared.get("a"), await shared.get("a"), await shared.get("b")] == ["a1", "a1", "b2"]
    source.now += 1.1
    assert await shared.get("a") == "a3"


async def test_a_long_answer_is_good_for_longer() -> None:
    source = Source()
    source.takes_s = 2.0
    shared = source.shared()
    await shared.get("a")
    source.now += 39
    assert await shared.get("a") == "a1"
    source.now += 2
    assert await shared.get("a") == "a2"


async def test_who_gives_up_takes_the_answer_from_nobody() -> None:
    source = Source()
    source.gate.clear()
    shared = source.shared()
    first = asyncio.create_task(shared.get("a"))
    await asyncio.sleep(0)
    second = asyncio.create_task(shared.get("a"))
    await asyncio.sleep(0)
    first.cancel()
    source.gate.set()
    assert await second == "a1"


async def test_a_failure_is_told_to_all_who_wait_and_not_kept() -> None:
    source = Source()
    source.fails = True
    shared = source.shared()
    results = await asyncio.gather(*(shared.get("a") for _ in range(3)), return_exceptions=True)
    assert [type(each) for each in results] == [ValueError] * 3
    assert source.asked == 1
    with pytest.raises(ValueError, match="no"):
        await shared.get("a")
    source.fails = False
    assert await shared.get("a") == "a3"
