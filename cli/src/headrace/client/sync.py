"""The client that blocks."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
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


class Client(Operations):
    """Talks to one Headrace as one account. Use it in a ``with`` block, or ``close`` it."""

    def __init__(self, url: str | None = None, key: str | None = None, *, timeout_s: float = 60.0) -> None:
        """``url`` and ``key``: from HEADRACE_API_URL and HEADRACE_API_KEY when they are not given.

        Raises ConfigurationError without them.
        """
        access = Access.of(url, key)
        self._http = httpx.Client(**client_options(access, timeout_s))
        #: For presigned URLs: our key is no business of the file store.
        self._bare = httpx.Client(timeout=timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()
        self._bare.close()

    def take(self, steps: Steps[R]) -> R:
        """Take the steps of a call to its end."""
        try:
            step = next(steps)
            while True:
                try:
                    answer = self._step(step)
                except httpx.TransportError as error:
                    step = steps.throw(UnreachableError(f"no answer from {self._http.base_url}: {error}"))
                else:
                    step = steps.send(answer)
        except StopIteration as end:
            result: R = end.value
            return result

    def events(self, job_id: str | None = None, *, after: str | None = None) -> Iterator[Event]:
        """Changes of a job (until it has ended) or of all jobs (for ever), as they happen; ``after``: an event's id.

        A connection that is cut is made again where it was; a job's state is told anew then. Raises UnreachableError
        or ApiError.
        """
        feed = Feed(job_id, after)
        while not feed.over:
            pause_s = 0.0
            try:
                with self._http.stream("GET", feed.path, headers=feed.connect(), timeout=SILENCE_S) as answer:
                    if answer.status_code == 200:
                        yield from filter(None, map(feed.take, answer.iter_lines()))
                    else:
                        pause_s = feed.refused(_reply(answer, answer.read()))
            except httpx.TransportError as error:
                pause_s = feed.cut(error)
            if not feed.over:
                time.sleep(pause_s or feed.cut(None))

    def _step(self, step: Step) -> Reply | bool | None:
        match step:
            case Send():
                answer = self._http.request(
                    step.method, step.path, params=step.params, json=step.json, headers=step.headers
                )
                return _reply(answer, answer.content)
            case PutFile():
                return self._put(step)
            case SaveTo():
                return self._save(step)
            case Listen():
                return self._listen(step)
            case Sleep():
                time.sleep(step.seconds)
                return None

    def _put(self, step: PutFile) -> Reply:
        total = step.path.stat().st_size
        headers: Mapping[str, str] = {**step.headers, "Content-Length": str(total)}
        answer = self._bare.put(step.url, content=_chunks(step, total), headers=headers)
        return _reply(answer, answer.content)

    def _save(self, step: SaveTo) -> Reply:
        with self._http.stream("GET", step.path, params=step.params) as answer:
            if answer.status_code != 200:
                return _reply(answer, answer.read())
            with PartialFile(step, answer.headers) as file:
                for chunk in answer.iter_bytes(_CHUNK):
                    file.write(chunk)
            return _reply(answer, saved=file.path)

    def _listen(self, step: Listen) -> bool:
        parser, end = EventParser(), time.monotonic() + step.seconds
        try:
            with self._http.stream("GET", step.path, timeout=step.seconds) as answer:
                if answer.status_code != 200:
                    return False
                for line in answer.iter_lines():
                    event = parser.feed(line)
                    if (event is not None and step.on_event(event)) or time.monotonic() >= end:
                        return True
                return False
        except httpx.ReadTimeout:
            return True  # nothing has happened
        except httpx.TransportError:
            return False


def _reply(answer: httpx.Response, body: bytes = b"", *, saved: Path | None = None) -> Reply:
    return Reply(status=answer.status_code, headers=answer.headers, body=body, saved=saved)


def _chunks(step: PutFile, total: int) -> Iterator[bytes]:
    done = 0
    if step.on_bytes is not None:
        step.on_bytes(done, total)
    with step.path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
            done += len(chunk)
            if step.on_bytes is not None:
                step.on_bytes(done, total)
