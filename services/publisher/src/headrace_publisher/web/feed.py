"""A request body that is streamed, with its length known before."""

from __future__ import annotations

from collections.abc import AsyncIterator

from headrace_publisher.publish.parcel import Asset


class ShortSourceError(Exception):
    """The file in the store has another size than the record says."""


class Feed:
    """``head``, the bytes of ``asset`` from ``start`` up to ``end``, ``tail``.

    What the store raises while it is read arrives at the caller of aiohttp as a lost connection; ``error`` has it.
    """

    def __init__(
        self, asset: Asset, *, start: int = 0, end: int | None = None, head: bytes = b"", tail: bytes = b""
    ) -> None:
        self._asset = asset
        self._start = start
        self._end = asset.size if end is None else end
        self._head = head
        self._tail = tail
        self.size = len(head) + (self._end - self._start) + len(tail)
        self.error: Exception | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._head:
            yield self._head
        try:
            async for chunk in self._middle():
                yield chunk
        except Exception as error:
            self.error = error
            raise
        if self._tail:
            yield self._tail

    async def _middle(self) -> AsyncIterator[bytes]:
        left = self._end - self._start
        async with self._asset.source.open(self._start, self._end) as chunks:
            async for chunk in chunks:
                left -= len(chunk)
                if left < 0:
                    break
                yield chunk
        if left != 0:
            raise ShortSourceError(f"{self._asset.name} is not as long as the record says")
