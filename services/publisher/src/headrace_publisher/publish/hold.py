"""Holding a publication while it is worked on: saved, kept, and let go by one worker at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, TypeVar
from uuid import UUID

from headrace_runtime.retry import Backoff
from headrace_runtime.tasks import cancelled

log = logging.getLogger(__name__)

T = TypeVar("T")
RECORD_BACKOFF = Backoff(first_s=0.2, factor=2.0, most_s=2.0)
_RECORD_TRIES = 6
#: Of the lease, between two renewals.
_SHARE = 3.0


class LostError(Exception):
    """Somebody else has the publication now, or it was cancelled or moved to another time."""


class Record(Protocol):
    """The record, as holding needs it."""

    async def keep(self, publication_id: UUID, mark: datetime, *, lease_s: float) -> datetime | None: ...

    async def save(
        self, publication_id: UUID, mark: datetime, *, lease_s: float, session: bytes
    ) -> datetime | None: ...

    async def put_off(
        self,
        publication_id: UUID,
        mark: datetime,
        *,
        delay_s: float,
        session: bytes | None,
        attempts: int,
        error: str | None,
    ) -> bool: ...

    async def finish(
        self,
        publication_id: UUID,
        mark: datetime,
        *,
        state: Literal["published", "failed"],
        url: str | None = None,
        remote_id: str | None = None,
        error: str | None = None,
    ) -> bool: ...


@dataclass(kw_only=True)
class Hold:
    """Methods raise LostError, and what the record raises when it stays away."""

    record: Record
    id: UUID
    mark: datetime
    lease_s: float
    transient: tuple[type[BaseException], ...]
    #: Tells the stream that the message is still worked on.
    in_progress: Callable[[], Awaitable[object]]
    backoff: Backoff = RECORD_BACKOFF
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def save(self, session: bytes) -> None:
        """What the next step begins with, whoever makes it."""
        async with self._lock:
            mark = await self._patiently(
                lambda: self.record.save(self.id, self.mark, lease_s=self.lease_s, session=session)
            )
            self._moved(mark)

    async def put_off(
        self, *, delay_s: float, session: bytes | None, attempts: int, error: str | None
    ) -> None:
        async with self._lock:
            done = await self._patiently(
                lambda: self.record.put_off(
                    self.id, self.mark, delay_s=delay_s, session=session, attempts=attempts, error=error
                )
            )
        if not done:
            raise LostError

    async def published(self, *, url: str | None, remote_id: str | None) -> None:
        async with self._lock:
            done = await self._patiently(
                lambda: self.record.finish(
                    self.id, self.mark, state="published", url=url, remote_id=remote_id
                )
            )
        if not done:
            raise LostError

    async def failed(self, error: str) -> None:
        async with self._lock:
            done = await self._patiently(
                lambda: self.record.finish(self.id, self.mark, state="failed", error=error)
            )
        if not done:
            raise LostError

    async def during(self, work: Awaitable[T]) -> T:
        """Await ``work`` and hold the publication meanwhile; the work is cancelled when it is lost."""
        task = asyncio.ensure_future(work)
        ended = asyncio.Event()
        keeper = asyncio.create_task(self._keep(ended))
        try:
            await asyncio.wait({task, keeper}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                # Not cancelled: in the middle of its statement it would leave us with a mark that no longer holds.
                ended.set()
                await asyncio.wait({keeper})
                return task.result()
            keeper.result()  # raises why it ended
            raise LostError
        finally:
            await cancelled(task, keeper)

    async def _keep(self, ended: asyncio.Event) -> None:
        """Renew until it is lost. While the record is away nobody else can take it either."""
        while not ended.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(self.lease_s / _SHARE):
                    await ended.wait()
                return
            await self.in_progress()
            async with self._lock:
                try:
                    mark = await self.record.keep(self.id, self.mark, lease_s=self.lease_s)
                except self.transient as error:
                    log.warning(
                        "the record is away (%s), the publication goes on",
                        type(error).__name__,
                        extra={"action": "publication.keep.failed"},
                    )
                    continue
                self._moved(mark)

    def _moved(self, mark: datetime | None) -> None:
        if mark is None:
            raise LostError
        self.mark = mark

    async def _patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        """The platform has heard it: a record that is away for a moment must not make us say it twice."""
        for attempt in range(_RECORD_TRIES - 1):
            try:
                return await call()
            except self.transient:
                await asyncio.sleep(self.backoff.delay_s(attempt))
        return await call()
