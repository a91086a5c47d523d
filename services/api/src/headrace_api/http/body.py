"""Reading request bodies: never more than allowed, never longer than patience lasts."""

from __future__ import annotations

import asyncio
import mmap
import tempfile
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from headrace_api.core.errors import BadRequestError, BodyTimeoutError, TooLargeError

T = TypeVar("T")

_CHUNK_BYTES = 64 * 1024
_IN_MEMORY_BYTES = 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class BodyPatience:
    """How slow a client may send, in seconds."""

    #: Longest silence in the middle of a body.
    idle_s: float = 20.0
    #: Longest time for a whole body.
    total_s: float = 900.0


class BodyReader:
    """One request's body."""

    def __init__(self, request: web.Request, patience: BodyPatience) -> None:
        self._request = request
        self._idle_s = patience.idle_s
        self._deadline = asyncio.get_running_loop().time() + patience.total_s

    async def timed(self, read: Awaitable[T]) -> T:
        """Await one read. Raises BodyTimeoutError when the client hangs, BadRequestError for a broken body."""
        now = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(min(now + self._idle_s, self._deadline)):
                return await read
        except TimeoutError:
            raise BodyTimeoutError("The request body did not arrive in time") from None
        except (web.RequestPayloadError, HttpProcessingError) as error:
            raise BadRequestError("The request body is malformed") from error

    def check_length(self, limit: int) -> None:
        """Raises TooLargeError when the client announces more than ``limit`` bytes."""
        if (self._request.content_length or 0) > limit:
            raise TooLargeError(limit)

    async def chunks(self, limit: int) -> AsyncIterator[bytes]:
        """The body in pieces. Raises TooLargeError after ``limit`` bytes."""
        self.check_length(limit)
        size = 0
        while chunk := await self.timed(self._request.content.read(_CHUNK_BYTES)):
            size += len(chunk)
            if size > limit:
                raise TooLargeError(limit)
            yield chunk

    async def read(self, limit: int) -> bytes:
        """The whole body, for small limits."""
        return b"".join([chunk async for chunk in self.chunks(limit)])

    @asynccontextmanager
    async def spooled(self, limit: int) -> AsyncIterator[memoryview]:
        """The whole body, of which only the first MiB is kept in memory: a larger one goes to a temporary file.

        Views into it must be gone at the end of the block.
        """
        if (self._request.content_length or limit) <= _IN_MEMORY_BYTES:
            yield memoryview(await self.read(limit))
            return
        with tempfile.TemporaryFile(prefix="headrace-body-") as file:
            async for chunk in self.chunks(limit):
                file.write(chunk)
            file.flush()
            if file.tell() == 0:
                yield memoryview(b"")
                return
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            # Not closed here: whoever still holds a piece of it keeps it alive, and the last one frees it.
            yield memoryview(mapped)
