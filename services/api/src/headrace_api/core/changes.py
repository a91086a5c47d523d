"""The hub of changes: one reader of CHANGES a process, and all its watchers (SSE, WebSocket)."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

from headrace_api.core.errors import UnavailableError
from headrace_api.core.watching import (
    ChangeLog,
    LogEntry,
    LogReader,
    Position,
    Subscription,
    parse_position,
    replay,
)
from headrace_runtime.tasks import Background, cancelled

log = logging.getLogger(__name__)

#: How long a new watcher waits for the reader, in seconds.
_LIVE_S: Final = 5.0
#: How long one look into the stream waits, in seconds.
_READ_S: Final = 2.0
_RETRY_S: Final = 0.25


class Changes:
    """Reads the stream while anybody watches; without watchers it costs nothing.

    A watcher that does not keep up is dropped. A restart of NATS is seen as a pause.
    """

    def __init__(self, stream: ChangeLog) -> None:
        self._stream = stream
        self._background = Background()
        self._watchers: defaultdict[UUID, set[Subscription]] = defaultdict(set)
        #: Watchers, also those that wait for the reader.
        self._wanted = 0
        self._wake = asyncio.Event()
        self._live = asyncio.Event()
        self._at = Position("", 0)
        self._stopped = False

    def start(self) -> None:
        self._background.start("changes", self._run)

    async def stop(self) -> None:
        """End the reader and every subscription."""
        self._stopped = True
        await self._background.stop()
        for watchers in list(self._watchers.values()):
            for subscription in watchers:
                subscription.end(lagged=False)

    @property
    def watchers(self) -> int:
        """How many watch at the moment."""
        return self._wanted

    @asynccontextmanager
    async def subscribe(
        self, account_id: UUID, job_id: UUID | None = None, after: str | None = None
    ) -> AsyncIterator[Subscription]:
        """The changes of an account's jobs, or of one job, from now on.

        ``after``: the ``Watched.id`` after which to begin instead; text that is none begins now. Whether the stream
        still reached back so far is ``gap``. Raises UnavailableError while the stream can't be reached.
        """
        subscription = Subscription(account_id, job_id)
        if self._stopped:
            raise UnavailableError("The stream of changes")
        begin = None if after is None else parse_position(after)
        catching_up: asyncio.Task[None] | None = None
        self._wanted += 1
        self._wake.set()
        try:
            await self._until_live()
            if begin is None:
                self._watchers[account_id].add(subscription)
            else:
                missed = replay(self._stream, subscription, begin, lambda at: self._go_live(subscription, at))
                catching_up = asyncio.create_task(subscription.catch_up(missed), name="catch-up")
            yield subscription
        finally:
            self._wanted -= 1
            self._forget(subscription)
            if catching_up is not None:
                await cancelled(catching_up)

    async def _until_live(self) -> None:
        try:
            async with asyncio.timeout(_LIVE_S):
                await self._live.wait()
        except TimeoutError:
            raise UnavailableError("The stream of changes") from None

    def _go_live(self, subscription: Subscription, at: Position) -> bool:
        """Called between two steps of the reader: nothing is handed out meanwhile."""
        if not self._live.is_set() or at.birth != self._at.birth or at.seq < self._at.seq:
            return False
        subscription.live_after(at)
        self._watchers[subscription.account_id].add(subscription)
        return True

    def _forget(self, subscription: Subscription) -> None:
        watchers = self._watchers.get(subscription.account_id)
        if watchers is not None:
            watchers.discard(subscription)
            if not watchers:
                del self._watchers[subscription.account_id]

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            if not self._wanted:
                await self._wake.wait()
                continue
            try:
                bounds = await self._stream.bounds()
            except UnavailableError:
                await asyncio.sleep(_RETRY_S)
                continue
            self._at = Position(bounds.birth, bounds.last)
            async with self._stream.reader(birth=bounds.birth, after=bounds.last) as reader:
                self._live.set()
                try:
                    await self._read(reader)
                finally:
                    self._live.clear()

    async def _read(self, reader: LogReader) -> None:
        """Hand out what comes while anybody watches."""
        away = False
        while self._wanted:
            try:
                entries = await reader.read(_READ_S)
            except UnavailableError as error:
                if not away:
                    log.warning("changes are late: %s", error, extra={"action": "changes.away"})
                away = True
                await asyncio.sleep(_RETRY_S)
                continue
            away = False
            for entry in entries:
                self._hand_out(entry)

    def _hand_out(self, entry: LogEntry) -> None:
        self._at = Position(entry.birth, entry.seq)
        for watched in entry.watched():
            watchers = self._watchers.get(watched.change.account_id)
            if watchers is None:
                continue
            late = [each for each in watchers if each.wants(watched.change) and not each.offer(watched)]
            for each in late:
                log.warning("a watcher did not keep up", extra={"action": "changes.lagged"})
                self._forget(each)
