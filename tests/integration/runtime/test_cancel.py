"""A task that loses a cancellation is cancelled again."""

from __future__ import annotations

import asyncio

from headrace_runtime.tasks import Background, cancelled


async def stubborn(lost: list[bool]) -> None:
    """Behaves like a loop whose request has its answer in the moment in which it is cancelled."""
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            if lost:
                raise
            lost.append(True)


async def test_a_lost_cancellation_is_repeated() -> None:
    lost: list[bool] = []
    task = asyncio.create_task(stubborn(lost))
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await cancelled(task)
    assert task.cancelled()
    assert lost == [True]


async def test_a_background_ends_with_a_loop_that_lost_its_cancellation() -> None:
    lost: list[bool] = []
    async with asyncio.timeout(10):
        async with Background() as background:
            background.start("stubborn", lambda: stubborn(lost))
            await asyncio.sleep(0)
    assert lost == [True]
