"""Lookups that come together share a query, and no answer is older than its question."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from headrace_api.core.gather import Gather


class Table:
    def __init__(self) -> None:
        self.rows = {"a": 1, "b": 2}
        self.asked: list[list[str]] = []
        self.under_way = asyncio.Event()
        self.hold: asyncio.Event | None = None
        self.error: Exception | None = None

    async def __call__(self, keys: Sequence[str]) -> dict[str, int]:
        self.asked.append(list(keys))
        self.under_way.set()
        found = {key: self.rows[key] for key in keys if key in self.rows}
        if self.hold is not None:
            await self.hold.wait()
        if self.error is not None:
            raise self.error
        return found


async def test_what_is_asked_at_once_is_one_query() -> None:
    table = Table()
    gather = Gather(table)
    assert list(await asyncio.gather(*map(gather, "abca"))) == [1, 2, None, 1]
    assert table.asked == [["a", "b", "c"]]


async def test_a_question_during_a_query_waits_for_the_next_one() -> None:
    table = Table()
    gather = Gather(table)
    table.hold = asyncio.Event()
    first = asyncio.create_task(gather("a"))
    await table.under_way.wait()
    del table.rows["a"]  # revoked after the first question, before the second
    second = asyncio.create_task(gather("a"))
    await asyncio.sleep(0)
    table.hold.set()
    assert (await first, await second) == (1, None)


async def test_an_error_reaches_everybody_and_the_next_question_is_asked_again() -> None:
    table = Table()
    gather = Gather(table)
    table.error = OSError("away")
    answers = await asyncio.gather(gather("a"), gather("b"), return_exceptions=True)
    assert [type(answer) for answer in answers] == [OSError, OSError]
    table.error = None
    assert await gather("a") == 1


async def test_one_that_gives_up_does_not_take_the_answer_from_the_others() -> None:
    table = Table()
    gather = Gather(table)
    table.hold = asyncio.Event()
    patient, hasty = asyncio.create_task(gather("a")), asyncio.create_task(gather("a"))
    await table.under_way.wait()
    hasty.cancel()
    table.hold.set()
    assert await patient == 1
    with pytest.raises(asyncio.CancelledError):
        await hasty


async def test_a_large_crowd_is_divided() -> None:
    table = Table()
    gather = Gather(table, most=2)
    await asyncio.gather(*(gather(key) for key in "abcde"))
    assert [len(keys) for keys in table.asked] == [2, 2, 1]


async def test_stopping_leaves_nobody_waiting() -> None:
    table = Table()
    gather = Gather(table)
    table.hold = asyncio.Event()
    asked, waiting = asyncio.create_task(gather("a")), None
    await table.under_way.wait()
    waiting = asyncio.create_task(gather("b"))
    await asyncio.sleep(0)
    await gather.stop()
    for task in (asked, waiting):
        with pytest.raises(asyncio.CancelledError):
            await task
