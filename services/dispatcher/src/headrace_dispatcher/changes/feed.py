"""Tells CHANGES what was recorded: what several commits have changed goes out as one message."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Protocol

from nats.errors import Error as NatsError

from headrace_contracts.bus import subjects
from headrace_contracts.messages.changes import Change, Changes
from headrace_contracts.messages.codec import encode

log = logging.getLogger(__name__)

#: How long a change may wait for others.
_GATHER_S = 0.005
_AT_ONCE = 1000
#: Half of what a message of NATS may hold.
_MESSAGE_BYTES = 512 * 1024
#: While NATS is away the oldest go: watchers read the record when they come back.
_MOST_WAITING = 50_000


class Connection(Protocol):
    """The part of the NATS client that is needed."""

    async def publish(self, subject: str, payload: bytes = b"") -> None: ...


class Watchers(Protocol):
    """Who is told of changes."""

    def tell(self, changes: Iterable[Change]) -> None: ...


class ChangeFeed:
    """One a dispatcher. ``tell`` never waits and never fails: a watcher that misses a change has the record."""

    def __init__(self, nc: Connection) -> None:
        self._nc = nc
        self._waiting: deque[Change] = deque(maxlen=_MOST_WAITING)
        self._news = asyncio.Event()
        self._away = False

    def tell(self, changes: Iterable[Change]) -> None:
        """These changes are committed."""
        self._waiting.extend(changes)
        if self._waiting:
            self._news.set()

    async def run(self) -> None:
        """Publish for ever."""
        while True:
            await self._news.wait()
            await asyncio.sleep(_GATHER_S)
            await self.flush()

    async def flush(self) -> None:
        """Publish what waits, in its order."""
        self._news.clear()
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(_AT_ONCE, len(self._waiting)))]
            try:
                for data in messages(batch):
                    # No ack is waited for: nothing in the dispatcher depends on it.
                    await self._nc.publish(subjects.CHANGES, data)
                self._away = False
            except NatsError as error:
                if not self._away:
                    log.warning(
                        "changes are not told: %s", str(error) or type(error).__name__,
                        extra={"action": "changes.lost", "count": len(batch)},
                    )  # fmt: skip
                self._away = True


def messages(batch: Sequence[Change]) -> list[bytes]:
    """The changes as messages that NATS takes, in their order."""
    data = encode(Changes(changes=list(batch)))
    if len(data) <= _MESSAGE_BYTES or len(batch) == 1:
        return [data]
    middle = len(batch) // 2
    return [*messages(batch[:middle]), *messages(batch[middle:])]
