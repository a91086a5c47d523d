"""Reading request bodies: never more than allowed, never slower than patience lasts.

A body has no longest time: a large file over a thin line may take hours. It has a slowest rate instead, as Apache's
mod_reqtimeout does it: at any moment the client has had at most ``idle_s`` plus one second for each
``min_bytes_per_s`` that came. Only the time in which we wait for the client counts.
"""

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
from headrace_api.http.admission import TICKET

T = TypeVar("T")

_CHUNK_BYTES = 64 * 1024
_IN_MEMORY_BYTES = 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class BodyPatience:
    """How slow a client may send."""

    #: Longest silence in the middle of a body, in seconds; also the start that each body has.
    idle_s: float = 20.0
    #: Slowest rate of a body beyond that.
    min_bytes_per_s: int = 1024


class BodyReader:
    """One request's body."""

    def __init__(self, request: web.Request, patience: BodyPatience) -> None:
        self._request = request
        self._patience = patience
        self._ticket = request.get(TICKET)
        #: How long we have waited for the client.
        self._waited_s = 0.0

    async def timed(self, read: Awaitable[T]) -> T:
        """Await one read. Raises BodyTimeoutError when the client hangs, BadRequestError for a broken body."""
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            async with asyncio.timeout_at(began + self._left_s()):
                return await read
        except TimeoutError:
            raise BodyTimeoutError("The request body did not arrive in time") from None
        except (web.RequestPayloadError, HttpProcessingError) as error:
            raise BadRequestError("The request body is malformed") from error
        finally:
            self._waited_s += clock() - began

    def _left_s(self) -> float:
        """How long the client may take for what comes next."""
        earned_s = self._request.content.total_bytes / self._patience.min_bytes_per_s
        return min(self._patience.idle_s, self._patience.idle_s + earned_s - self._waited_s)

    def hold(self, count: int) -> None:
        """Keep ``count`` bytes of the body in memory until the request ends. Raises OverloadedError."""
        if self._ticket is not None:
            self._ticket.hold(count)

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
        """The whole body, for small limits. Raises OverloadedError when too many bodies are in memory."""
        found = []
        async for chunk in self.chunks(limit):
            self.hold(len(chunk))
            found.append(chunk)
        return b"".join(found)

    @asynccontextmanager
    async def spooled(self, limit: int) -> AsyncIterator[memoryview]:
        """The whole body, of which only the first MiB is kept in memory: a larger one goes to a temporary file.

        Raises OverloadedError when such files take too much.
        Views into it must be gone at the end of the block.
        """
        if (self._request.content_length or limit) <= _IN_MEMORY_BYTES:
            yield memoryview(await self.read(limit))
            return
        with tempfile.TemporaryFile(prefix="headrace-body-") as file:
            async for chunk in self.chunks(limit):
                if self._ticket is not None:
                    self._ticket.spool(len(chunk))
                file.write(chunk)
            file.flush()
            if file.tell() == 0:
                yield memoryview(b"")
                return
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            # Not closed here: whoever still holds a piece of it keeps it alive, and the last one frees it.
            yield memoryview(mapped)
