"""Reads EVENTS and writes what agents say into the record; acks a message when all of it is committed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from headrace_contracts.bus.streams import RECORDER
from headrace_contracts.messages.codec import UndecodableError, decode
from headrace_contracts.messages.events import Completed, EventBatch, Failed, HandedBack, Output, Progressed
from headrace_dispatcher.changes.feed import Watchers
from headrace_dispatcher.claims.losses import Losses
from headrace_dispatcher.recorder.custody import in_custody
from headrace_dispatcher.recorder.outcome import of_event
from headrace_dispatcher.recorder.writer import OutcomeWriter
from headrace_dispatcher.store.reports import ReportStore
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.jetstream.delivered import Delivered
from headrace_runtime.jetstream.errors import ConsumerGone, JetStreamUnavailableError
from headrace_store.postgres import TRANSIENT

log = logging.getLogger(__name__)

#: Messages under way at once; each may hold some hundred events.
_IN_FLIGHT = 32
_WAIT_S = 30.0
_AGAIN_S = 1.0


class Recorder:
    """One a dispatcher; all of them share one durable consumer."""

    def __init__(
        self,
        js: JetStream,
        writer: OutcomeWriter,
        reports: ReportStore,
        losses: Losses,
        watchers: Watchers,
        ensure_streams: Callable[[], Awaitable[None]],
    ) -> None:
        self._js = js
        self._ensure_streams = ensure_streams
        self._writer = writer
        self._reports = reports
        self._losses = losses
        self._watchers = watchers
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(_IN_FLIGHT)

    async def run(self) -> None:
        """Read for ever."""
        while True:
            try:
                await self._round()
            except ConsumerGone:
                # The server removes the files of a stream after the stream: one that is made meanwhile is broken.
                await asyncio.sleep(_AGAIN_S)
                await self._restore()
            except JetStreamUnavailableError:
                await asyncio.sleep(_AGAIN_S)

    async def _restore(self) -> None:
        try:
            await self._ensure_streams()
        except JetStreamUnavailableError as error:
            log.warning("EVENTS is away: %s", error, extra={"action": "events.put_off"})

    async def stop(self) -> None:
        """Wait for what is being recorded."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _round(self) -> None:
        await self._room.acquire()
        free = 1
        while not self._room.locked():
            await self._room.acquire()
            free += 1
        messages: list[Delivered] = []
        try:
            messages = await self._js.fetch(RECORDER, free, expires_s=_WAIT_S)
        finally:
            for _ in range(free - len(messages)):
                self._room.release()
        for message in messages:
            task = asyncio.create_task(self._record(message), name="record")
            self._tasks.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._room.release()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("events were not recorded", exc_info=error, extra={"action": "events.failed"})

    async def _record(self, message: Delivered) -> None:
        try:
            batch = decode(message.data, EventBatch)
        except UndecodableError as error:
            log.error(  # noqa: TRY400 -- the reason is in the message, the trace says nothing more
                "events that nobody can read: %s", error,
                extra={"action": "events.undecodable", "subject": message.subject, "seq": message.stream_seq},
            )  # fmt: skip
            await self._js.term(message.reply, "undecodable")
            return
        try:
            await self._apply(batch)
        except TRANSIENT as error:
            log.warning(
                "record away: %s", str(error) or type(error).__name__, extra={"action": "events.put_off"}
            )
            await self._js.nak(message.reply, _AGAIN_S)
            return
        await self._js.ack_many([message.reply])

    async def _apply(self, batch: EventBatch) -> None:
        outcomes = [
            of_event(in_custody(event), batch.agent, batch.instance)
            for event in batch.events
            if isinstance(event, Completed | Failed)
        ]
        if len(outcomes) < len(batch.events):
            await self._apply_others(batch)
        if outcomes:
            await self._writer.put(outcomes)

    async def _apply_others(self, batch: EventBatch) -> None:
        output = [event for event in batch.events if isinstance(event, Output)]
        if output:
            self._watchers.tell(await self._reports.output(output))
        progress = latest([event for event in batch.events if isinstance(event, Progressed)])
        if progress:
            self._watchers.tell(await self._reports.progress(progress))
        for event in batch.events:
            if isinstance(event, HandedBack):
                await self._losses.handed_back(event.id, event.fence, event.reason)


def latest(events: Sequence[Progressed]) -> list[Progressed]:
    """The furthest progress of each attempt: an UPDATE takes one row for each job."""
    furthest: dict[tuple[object, int], Progressed] = {}
    for event in events:
        key = (event.id, event.fence)
        if key not in furthest or furthest[key].percent <= event.percent:
            furthest[key] = event
    return list(furthest.values())
