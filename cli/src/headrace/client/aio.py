"""The client that is awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import httpx

from headrace.client.access import Access, client_options
from headrace.client.errors import UnreachableError
from headrace.client.events import Event, EventParser
from headrace.client.feed import SILENCE_S, Feed
from headrace.client.operations.every import Operations
from headrace.client.partial import PartialFile
from headrace.client.steps import Listen, PutFile, Reply, SaveTo, Send, Sleep, Step, Steps

R = TypeVar("R")
_CHUNK = 256 * 1024


class AsyncClient(Operations):
    """As ``Client``, in an ``async with`` block; every call is awaited."""

    def __init__(self, url: str | None = None, key: str | None = None, *, timeout_s: float = 60.0) -> None:
        """As ``Client``."""
        access = Access.of(url, key)
        self._http = httpx.AsyncClient(**client_options(access, timeout_s))
        self._bare = httpx.AsyncClient(timeout=timeout_s)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()
        await self._bare.aclose()

    async def take(self, steps: Steps[R]) -> R:
        """Take the steps of a call to its end."""
        try:
            step = next(steps)
            while True:
                try:
                    answer = await self._step(step)
                except httpx.TransportError as error:
                    step = steps.throw(UnreachableError(f"no answer from {self._http.base_url}: {error}"))
                else:
                    step = steps.send(answer)
        except StopIteration as end:
            result: R = end.value
            return result

    async def events(self, job_id: str | None = None, *, after: str | None = None) -> AsyncIterator[Event]:
        """As ``Client.events``."""
        feed = Feed(job_id, after)
        while not feed.over:
            pause_s = 0.0
            try:
                async with self._http.stream(
                    "GET", feed.path, headers=feed.connect(), timeout=SILENCE_S
                ) as answer:
                    if answer.status_code == 200:
                        async for line in answer.aiter_lines():
                            event = feed.take(line)
                            if event is not None:
                                yield event
                    else:
                        pause_s = feed.refused(_reply(answer, await answer.aread()))
            except httpx.TransportError as error:
                pause_s = feed.cut(error)
            if not feed.over:
                await asyncio.sleep(pause_s or feed.cut(None))

    async def _step(self, step: Step) -> Reply | bool | None:
        match step:
            case Send():
                answer = await self._http.request(
                    step.method, step.path, params=step.params, json=step.json, headers=step.headers
                )
                return _reply(answer, answer.content)
            case PutFile():
                return await self._put(step)
            case SaveTo():
                return await self._save(step)
            case Listen():
                return await self._listen(step)
            case Sleep():
                await asyncio.sleep(step.seconds)
                return None

    async def _put(self, step: PutFile) -> Reply:
        total = await asyncio.to_thread(lambda: step.path.stat().st_size)
        headers = {**step.headers, "Content-Length": str(total)}
        answer = await self._bare.put(step.url, content=_chunks(step, total), headers=headers)
        return _reply(answer, answer.content)

    async def _save(self, step: SaveTo) -> Reply:
        async with self._http.stream("GET", step.path, params=step.params) as answer:
            if answer.status_code != 200:
                return _reply(answer, await answer.aread())
            with PartialFile(step, answer.headers) as file:
                async for chunk in answer.aiter_bytes(_CHUNK):
                    await asyncio.to_thread(file.write, chunk)
            return _reply(answer, saved=file.path)

    async def _listen(self, step: Listen) -> bool:
        parser = EventParser()
        try:
            async with (
                asyncio.timeout(step.seconds),
                self._http.stream("GET", step.path, timeout=None) as answer,
            ):
                if answer.status_code != 200:
                    return False
                async for line in answer.aiter_lines():
                    event = parser.feed(line)
                    if event is not None and step.on_event(event):
                        return True
                return False
        except TimeoutError:
            return True  # nothing has happened
        except httpx.TransportError:
            return False


def _reply(answer: httpx.Response, body: bytes = b"", *, saved: Path | None = None) -> Reply:
    return Reply(status=answer.status_code, headers=answer.headers, body=body, saved=saved)


async def _chunks(step: PutFile, total: int) -> AsyncIterator[bytes]:
    done = 0
    if step.on_bytes is not None:
        step.on_bytes(done, total)
    file = await asyncio.to_thread(step.path.open, "rb")
    try:
        while chunk := await asyncio.to_thread(file.read, _CHUNK):
            yield chunk
            done += len(chunk)
            if step.on_bytes is not None:
                step.on_bytes(done, total)
    finally:
        await asyncio.to_thread(file.close)
