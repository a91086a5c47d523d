"""Group commit: what comes in while one batch is being written makes up the next one.

The work in the database per item shrinks as the load grows, and an idle system waits for nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class GroupCommit(Generic[Item, Result]):
    """Collects items from many callers and writes them in batches, one batch at a time."""

    def __init__(
        self, write: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]], *, max_batch: int
    ) -> None:
        self._write = write
        self._max_batch = max_batch
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def put(self, items: Sequence[Item]) -> list[Result]:
        """Write ``items``; returns their results, in order, once they are committed.

        Raises whatever the write of their batch raised.
        """
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[Result]] = [loop.create_future() for _ in items]
        self._waiting.extend(zip(items, futures, strict=True))
        if self._writer is None:
            self._writer = loop.create_task(self._run(), name="group commit")
        return list(await asyncio.gather(*futures))

    async def _run(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[: self._max_batch], self._waiting[self._max_batch :]
            try:
                results: Sequence[Result] = await self._write([item for item, _ in batch])
            except BaseException as error:  # noqa: BLE001 -- the callers raise it, each for its own item
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
            else:
                for (_, future), result in zip(batch, results, strict=True):
                    if not future.done():
                        future.set_result(result)
        self._writer = None
