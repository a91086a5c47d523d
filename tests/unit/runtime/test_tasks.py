from __future__ import annotations

import asyncio
import logging

import pytest

from headrace_runtime.retry import Backoff
from headrace_runtime.tasks import Background

AT_ONCE = Backoff(first_s=0.001, most_s=0.001)


async def test_a_loop_that_raised_is_logged_and_started_again(caplog: pytest.LogCaptureFixture) -> None:
    runs = 0
    steady = asyncio.Event()

    async def loop() -> None:
        nonlocal runs
        runs += 1
        if runs < 3:
            raise RuntimeError(f"broken {runs}")
        steady.set()
        await asyncio.Event().wait()

    with caplog.at_level(logging.ERROR):
        async with Background(restart=AT_ONCE) as background:
            background.start("relay", loop)
            async with asyncio.timeout(5):
                await steady.wait()
            assert background.failures == {"relay": 2}
            assert await background.check() is None
    assert [record.__dict__["action"] for record in caplog.records] == ["background.restart"] * 2
    assert "broken 2" in str(caplog.records[1].exc_info)


async def test_a_loop_that_waits_for_its_restart_is_a_reason_not_to_be_ready() -> None:
    failed = asyncio.Event()

    async def loop() -> None:
        failed.set()
        raise RuntimeError("no database")

    async with Background(restart=Backoff(first_s=60, most_s=60)) as background:
        background.start("relay", loop)
        async with asyncio.timeout(5):
            await failed.wait()
        # The supervisor goes on in the same step of the event loop in which the loop has raised.
        reason = await background.check()
        assert reason == "relay: RuntimeError: no database"


async def test_stop_cancels_and_waits() -> None:
    ended = False
    started = asyncio.Event()

    async def loop() -> None:
        nonlocal ended
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended = True

    async with Background() as background:
        background.start("slow", loop)
        await started.wait()
    assert ended


async def test_a_name_runs_once_at_a_time() -> None:
    async def forever() -> None:
        await asyncio.Event().wait()

    async def once() -> None:
        return

    async with Background() as background:
        background.start("a", forever)
        with pytest.raises(ValueError, match="'a' runs already"):
            background.start("a", forever)
        background.start("b", once)
    async with Background() as background:
        background.start("b", once)
        await background.finish(5)
