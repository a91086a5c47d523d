from __future__ import annotations

import asyncio

from headrace_runtime.process import FAILED, FORCED, Stop, supervise


async def test_the_first_signal_asks_and_the_second_orders() -> None:
    stop = Stop()
    stop.on_signal("SIGTERM")
    assert stop.graceful.is_set()
    assert not stop.forced.is_set()
    assert stop.exit_code == 0
    stop.on_signal("SIGTERM")
    assert stop.forced.is_set()
    assert stop.exit_code == FORCED


async def test_the_first_failure_is_the_exit_code() -> None:
    stop = Stop()
    stop.request("no port", exit_code=3)
    stop.request("again", exit_code=4)
    assert (stop.exit_code, stop.reason) == (3, "no port")


async def test_a_forced_stop_cancels_main() -> None:
    stop = Stop()
    cleaned = False

    async def main(_: Stop) -> None:
        nonlocal cleaned
        stop.force("test")
        try:
            await asyncio.Event().wait()
        finally:
            cleaned = True

    async with asyncio.timeout(5):
        await supervise(main, stop)
    assert cleaned
    assert stop.exit_code == FORCED


async def test_what_main_raises_is_a_failure() -> None:
    async def fails(_: Stop) -> None:
        raise RuntimeError("broken")

    async def exits(_: Stop) -> None:
        raise SystemExit(2)

    first, second = Stop(), Stop()
    await supervise(fails, first)
    await supervise(exits, second)
    assert (first.exit_code, second.exit_code) == (FAILED, 2)


async def test_wait_is_a_pause_that_a_stop_ends() -> None:
    stop = Stop()
    assert not await stop.wait(0.001)
    stop.request("test")
    async with asyncio.timeout(5):
        assert await stop.wait(60)
