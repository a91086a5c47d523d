"""What a worker prints: read from its pipe as it comes, and to the last byte before a run is reported."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable
from typing import Final

_CHUNK_BYTES: Final = 64 * 1024
#: What is kept for the reason of a crash.
_TAIL_BYTES: Final = 8 * 1024


def _nowhere(_data: bytes) -> None:
    """What is printed between two runs belongs to no job."""


class OutputPipe:
    """The reading end of one of a worker's output streams, inside the event loop."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        self.sink: Callable[[bytes], None] = _nowhere
        os.set_blocking(descriptor, False)
        self._loop.add_reader(descriptor, self._read_some)

    def tail(self) -> bytes:
        """The last bytes that were printed since ``forget``."""
        return b"".join(self._tail)[-_TAIL_BYTES:]

    def forget(self) -> None:
        self._tail.clear()
        self._tail_bytes = 0

    def drain(self) -> None:
        """Read all that is in the pipe now, without waiting."""
        # A pipe holds 64 KiB, or 1 MiB at most; a grandchild that prints without end must not hold us here.
        for _ in range(32):
            if not self._read_some():
                return

    def close(self) -> None:
        if self._descriptor >= 0:
            self.drain()
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1

    def _read_some(self) -> bool:
        if self._descriptor < 0:
            return False
        try:
            data = os.read(self._descriptor, _CHUNK_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self._loop.remove_reader(self._descriptor)
            return False
        self._tail.append(data)
        self._tail_bytes += len(data)
        while len(self._tail) > 1 and self._tail_bytes - len(self._tail[0]) >= _TAIL_BYTES:
            self._tail_bytes -= len(self._tail.popleft())
        self.sink(data)
        return True
