"""Moves files over HTTP, streamed, with retries for what may pass."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import Final

import aiohttp
from yarl import URL

from headrace_agent.runs.ports import LostError, TransferError
from headrace_runtime.retry import Backoff

_CHUNK_BYTES: Final = 256 * 1024
_TRIES: Final = 4
_RETRY: Final = Backoff(first_s=0.3, factor=3.0, most_s=5.0)
#: No limit on the whole, which may be large; but no minute without a byte.
TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=60)


class _PassingError(Exception):
    """A failure that another try may not see."""


async def _retried(what: str, attempt: Callable[[], Awaitable[None]]) -> None:
    for number in range(_TRIES):
        try:
            return await attempt()
        except (_PassingError, aiohttp.ClientError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            if number == _TRIES - 1:
                raise TransferError(f"{what}: {reason}") from error
        except OSError as error:
            raise TransferError(f"{what}: {error}") from error
        await asyncio.sleep(_RETRY.delay_s(number))
    return None


async def _check(what: str, response: aiohttp.ClientResponse) -> None:
    """Raises TransferError for an answer that stays, _PassingError for one that may pass."""
    if response.ok:
        return
    text = " ".join((await response.content.read(300)).decode("utf-8", "replace").split())
    problem = f"HTTP {response.status} {text}".strip()
    if response.status >= 500 or response.status in {408, 429}:
        raise _PassingError(problem)
    raise TransferError(f"{what}: {problem}")


async def download(
    session: aiohttp.ClientSession,
    url: str,
    target: Path,
    *,
    headers: Mapping[str, str] | None = None,
    lost: Collection[int] = (),
) -> None:
    """GET ``url`` into the file ``target``.

    Raises TransferError when it can't be had, LostError for an answer with a status in ``lost``.
    """
    what = "the input could not be fetched"

    async def attempt() -> None:
        async with session.get(URL(url, encoded=True), headers=headers, timeout=TIMEOUT) as response:
            if response.status in lost:
                raise LostError(f"{what}: HTTP {response.status}")
            await _check(what, response)
            with target.open("wb") as file:
                async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                    await asyncio.to_thread(file.write, chunk)

    await _retried(what, attempt)


async def put(session: aiohttp.ClientSession, url: str, source: Path, *, mime: str) -> None:
    """PUT the file ``source`` to the presigned ``url``.

    Raises TransferError when it is not taken.
    """
    what = "the result file could not be stored"
    headers: Mapping[str, str] = {
        "Content-Type": mime,
        # S3 takes no chunked bodies on presigned URLs.
        "Content-Length": str((await asyncio.to_thread(source.stat)).st_size),
    }

    async def attempt() -> None:
        body = chunks(source)
        # As signed: quoted anew, the signature would not fit.
        target = URL(url, encoded=True)
        async with session.put(target, data=body, headers=headers, timeout=TIMEOUT) as response:
            await _check(what, response)

    await _retried(what, attempt)


async def chunks(source: Path) -> AsyncIterator[bytes]:
    """The content of a file, a piece at a time, read in a thread."""
    with source.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
            yield chunk
