"""The housekeeping goes on whatever happens, and writes the last seconds when it ends."""

from __future__ import annotations

import asyncio

import pytest

from headrace_api.core.errors import UnavailableError
from headrace_api.core.housekeeping import Housekeeping


class Record:
    def __init__(self) -> None:
        self.flushed = 0
        self.forgotten = 0
        self.twice = asyncio.Event()

    async def flush(self) -> None:
        self.flushed += 1

    async def forget(self) -> None:
        self.forgotten += 1
        if self.forgotten >= 2:
            self.twice.set()
        raise UnavailableError("The record")


async def test_it_goes_on_while_the_record_is_away_and_flushes_at_the_end() -> None:
    record = Record()
    keeper = Housekeeping(record.flush, record, flush_every_s=0.001, forget_every_s=0.001)
    task = asyncio.create_task(keeper.run())
    await asyncio.wait_for(record.twice.wait(), timeout=10)
    before = record.flushed
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert record.flushed > before
