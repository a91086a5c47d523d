"""The client that is awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self, TypeVar

import httpx

from headrace.client.access import Access, client_options
from headrace.client.calls import checked
from headrace.client.errors import UnreachableError
from headrace.client.events import Event, EventParser, events_path
from headrace.client.operations import Operations
from headrace.client.partial import PartialFile
from headrace.client.steps import PutFile, Reply, SaveTo, Send, Sleep, Step, Steps

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
                    step = steps.throw(UnreachableError(f"{self._http.base_url}: {error}"))
                else:
                    step = steps.send(answer)
        except StopIteration as end:
            result: R = end.value
            return result

    async def events(self, job_id: str | None = None, *, after: str | None = None) -> AsyncIterator[Event]:
        """As ``Client.events``."""
        headers = {} if after is None else {"Last-Event-ID": after}
        parser = EventParser()
        async with self._http.stream("GET", events_path(job_id), headers=headers, timeout=None) as answer:
            if answer.status_code >= 400:
                checked(Reply(status=answer.status_code, headers=answer.headers, body=await answer.aread()))
            async for line in answer.aiter_lines():
                event = parser.feed(line)
                if event is not None:
                    yield event

    async def _step(self, step: Step) -> Reply | None:
        match step:
            case Send():
                answer = await self._http.request(
                    step.method, step.path, params=step.params, json=step.json, headers=step.headers
                )
                return Reply(status=answer.status_code, headers=answer.headers, body=answer.content)
            case PutFile():
                return await self._put(step)
            case SaveTo():
                return await self._save(step)
            case Sleep():
                await asyncio.sleep(step.seconds)
                return None

    async def _put(self, step: PutFile) -> Reply:
        total = await asyncio.to_thread(lambda: step.path.stat().st_size)
        headers = {**step.headers, "Content-Length": str(total)}
        answer = await self._bare.put(step.url, content=_chunks(step, total), headers=headers)
        return Reply(status=answer.status_code, headers=answer.headers, body=answer.content)

    async def _save(self, step: SaveTo) -> Reply:
        async with self._http.stream("GET", step.path) as answer:
            if answer.status_code >= 400:
                return Reply(status=answer.status_code, headers=answer.headers, body=await answer.aread())
            with PartialFile(step, answer.headers) as file:
                async for chunk in answer.aiter_bytes(_CHUNK):
                    await asyncio.to_thread(file.write, chunk)
            return Reply(status=answer.status_code, headers=answer.headers, saved=file.path)


async def _chunks(step: PutFile, total: int) -> AsyncIterator[bytes]:
    done = 0
    file = await asyncio.to_thread(step.path.open, "rb")
    try:
        while chunk := await asyncio.to_thread(file.read, _CHUNK):
            yield chunk
            done += len(chunk)
            if step.on_bytes is not None:
                step.on_bytes(done, total)
    finally:
        await asyncio.to_thread(file.close)
