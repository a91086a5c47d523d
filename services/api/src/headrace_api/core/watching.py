"""One watcher's view of CHANGES: what it has missed first, then what comes, in order and each once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, Protocol, Self
from uuid import UUID

from headrace_api.core.errors import UnavailableError
from headrace_contracts.messages.changes import Change

#: What a watcher may leave unread before it is dropped.
MAX_WAITING: Final = 2_000
MAX_WAITING_BYTES: Final = 4 * 1024 * 1024
#: Of a change beside its texts, roughly.
_CHANGE_BYTES: Final = 300
#: How long one look into the stream waits while a watcher catches up, in seconds.
_REPLAY_READ_S: Final = 0.2


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where a change stands: the stream (its birth, as a hash), the message's sequence, the place in the message.

    As text it is the ``Last-Event-ID`` of SSE.
    """

    birth: str
    seq: int
    index: int = 0

    def __str__(self) -> str:
        return f"{self.birth}-{self.seq}-{self.index}"


def parse_position(text: str) -> Position | None:
    """The position that ``str`` wrote; None for any other text."""
    birth, _, rest = text.partition("-")
    seq, _, index = rest.partition("-")
    if not (birth.isalnum() and seq.isdecimal() and index.isdecimal() and seq.isascii() and index.isascii()):
        return None
    return Position(birth, int(seq), int(index)) if len(text) <= 64 else None


@dataclass(frozen=True, slots=True)
class Watched:
    """A change as a watcher gets it."""

    position: Position
    change: Change

    @property
    def id(self) -> str:
        """Fit for ``Last-Event-ID``."""
        return str(self.position)


@dataclass(frozen=True, kw_only=True, slots=True)
class LogEntry:
    """One message of CHANGES."""

    birth: str
    seq: int
    changes: list[Change]

    def watched(self) -> Iterable[Watched]:
        for index, change in enumerate(self.changes):
            yield Watched(Position(self.birth, self.seq, index), change)


@dataclass(frozen=True, kw_only=True, slots=True)
class LogBounds:
    """What the stream holds; empty when ``last`` is less than ``first``."""

    birth: str
    first: int
    last: int


class LogReader(Protocol):
    """Reads the stream in order, each message once, also over restarts of NATS."""

    async def read(self, wait_s: float) -> list[LogEntry]:
        """What comes next; empty after ``wait_s``. Raises UnavailableError while the stream can't be reached."""
        ...


class ChangeLog(Protocol):
    """CHANGES."""

    async def bounds(self) -> LogBounds:
        """Raises UnavailableError."""
        ...

    def reader(self, *, birth: str, after: int) -> AbstractAsyncContextManager[LogReader]:
        """From the first message after ``after``; from the start if the stream is not that of ``birth``."""
        ...


class WatchEndedError(Exception):
    """Nothing more comes. ``lagged``: the watcher did not keep up; it may come back with its last position."""

    def __init__(self, *, lagged: bool) -> None:
        super().__init__("this watcher did not keep up" if lagged else "the process ends")
        self.lagged = lagged


class Subscription:
    """Iterate over it, or call ``next``; both raise WatchEndedError. Made by ``Changes.subscribe``."""

    def __init__(self, account_id: UUID, job_id: UUID | None) -> None:
        self.account_id = account_id
        self.job_id = job_id
        #: True: the stream did not reach back to the position that was asked for.
        self.gap = False
        self._queue: deque[Watched] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self._end: WatchEndedError | None = None
        self._room = asyncio.Event()
        self._skip_through: Position | None = None

    def wants(self, change: Change) -> bool:
        return change.account_id == self.account_id and self.job_id in (None, change.id)

    async def catch_up(self, replay: AsyncIterator[list[Watched]]) -> None:
        """Take what ``replay`` gives, as fast as it is read; returns once this subscription is live."""
        try:
            async for missed in replay:
                for watched in missed:
                    self._put(watched)
                self._wake.set()
                while len(self._queue) > MAX_WAITING // 2 or self._bytes > MAX_WAITING_BYTES // 2:
                    self._room.clear()
                    await self._room.wait()
        except UnavailableError:
            self.end(lagged=True)  # it may come back with its position

    def live_after(self, position: Position) -> None:
        """What is offered up to this message was read from the stream already."""
        self._skip_through = position

    def offer(self, watched: Watched) -> bool:
        """Take a change from the hub; False when this watcher has to be dropped."""
        skip = self._skip_through
        if skip is not None and watched.position.birth == skip.birth and watched.position.seq <= skip.seq:
            return True
        self._put(watched)
        if len(self._queue) > MAX_WAITING or self._bytes > MAX_WAITING_BYTES:
            self.end(lagged=True)
            return False
        self._wake.set()
        return True

    def end(self, *, lagged: bool) -> None:
        """Nothing more comes; what waits unread is forgotten."""
        self._end = self._end or WatchEndedError(lagged=lagged)
        self._queue.clear()
        self._bytes = 0
        self._wake.set()

    async def next(self, timeout_s: float | None = None) -> Watched | None:
        """The next change; None after ``timeout_s``. Raises WatchEndedError."""
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    if self._end is not None:
                        raise self._end
                    if self._queue:
                        watched = self._queue.popleft()
                        self._bytes -= _weight(watched)
                        self._room.set()
                        return watched
                    self._wake.clear()
                    await self._wake.wait()
        except TimeoutError:
            return None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Watched:
        while (watched := await self.next()) is None:
            pass  # only a timeout gives none
        return watched

    def _put(self, watched: Watched) -> None:
        self._bytes += _weight(watched)
        self._queue.append(watched)


async def replay(
    log: ChangeLog,
    subscription: Subscription,
    after: Position,
    go_live: Callable[[Position], bool],
) -> AsyncIterator[list[Watched]]:
    """What the stream holds for the subscription after ``after``, until ``go_live`` takes the place where that ends.

    ``go_live`` says False when the hub has handed out more than was read here.
    """
    bounds = await log.bounds()
    same = bounds.birth == after.birth
    subscription.gap = not same or after.seq + 1 < bounds.first
    # The message of the position itself is read again: it may hold more after its index.
    at = Position(bounds.birth, after.seq - 1 if same else bounds.first - 1)
    async with log.reader(birth=at.birth, after=at.seq) as reader:
        while True:
            entries = await reader.read(_REPLAY_READ_S)
            yield [
                watched
                for entry in entries
                for watched in entry.watched()
                if subscription.wants(watched.change) and not (same and _seen(watched.position, after))
            ]
            if entries:
                at = Position(entries[-1].birth, entries[-1].seq)
            else:
                # Messages that have expired meanwhile will never be read.
                bounds = await log.bounds()
                if bounds.birth == at.birth:
                    at = Position(at.birth, max(at.seq, bounds.first - 1))
            if go_live(at):
                return


def _seen(position: Position, after: Position) -> bool:
    return position.birth == after.birth and position <= after


def _weight(watched: Watched) -> int:
    change = watched.change
    return _CHANGE_BYTES + len(change.text) + len(change.message) + len(change.failure_reason or "")
