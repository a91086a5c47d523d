"""Sends events, many in one message, each until JetStream has it."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Protocol

import msgspec

from headrace_contracts.bus import subjects
from headrace_contracts.messages.codec import encode
from headrace_contracts.messages.events import AnyEvent, EventBatch
from headrace_runtime.jetstream.publish import Outgoing, PubAck, PubError, PubErrorKind
from headrace_runtime.retry import Backoff

logger = logging.getLogger(__name__)

#: Called once, when the event and all before it are in the stream (True) or never will be (False).
Done = Callable[[bool], Awaitable[None]]
#: Asked before every try: False = the event is not to be sent any more.
Still = Callable[[], bool]

MOST_EVENTS: Final = 256
#: Half of the NATS default for a message, so that no batch is refused for its size.
MOST_BYTES: Final = 512 * 1024
#: Beyond this, progress and output are thrown away; outcomes are bounded by the slots.
MOST_WAITING_BYTES: Final = 16 * 1024 * 1024
_RETRY: Final = Backoff(first_s=0.1, factor=2.0, most_s=2.0)


class Publisher(Protocol):
    """The part of ``JetStream`` that is needed here."""

    async def publish_many(
        self, messages: Sequence[Outgoing], *, timeout_s: float = 5.0
    ) -> list[PubAck | PubError]: ...


class _Item:
    __slots__ = ("data", "done", "still")

    def __init__(self, data: bytes, done: Done | None, still: Still | None) -> None:
        self.data = data
        self.done = done
        self.still = still


class EventSender:
    """One message is under way at a time; what is submitted meanwhile makes up the next one."""

    def __init__(self, publisher: Publisher, *, agent: str, instance: str) -> None:
        self._publisher = publisher
        self._agent = agent
        self._instance = instance
        self._subject = subjects.events(instance)
        self._encode = msgspec.json.Encoder().encode
        self._waiting: deque[_Item] = deque()
        self._waiting_bytes = 0
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._seq = 0

    def submit(self, events: Sequence[AnyEvent], done: Done) -> None:
        """Outcomes: never refused. ``done`` is called once all of ``events`` are safe."""
        last = len(events) - 1
        for index, event in enumerate(events):
            self._add(event, done if index == last else None)

    def offer(self, event: AnyEvent, still: Still) -> bool:
        """Progress or output: thrown away (False) while too much waits, as when the connection is lost.

        What has waited for the connection is sent only if ``still`` says that its attempt may speak.
        """
        if self._waiting_bytes >= MOST_WAITING_BYTES or not still():
            return False
        self._add(event, None, still)
        return True

    async def settled(self, timeout_s: float) -> bool:
        """Wait until nothing waits and nothing is under way."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    async def run(self) -> None:
        """The loop; cancel it to end it."""
        while True:
            while self._waiting:
                batch = self._take()
                safe = await self._publish(batch)
                for item in batch:
                    if item.done is not None:
                        await self._finish(item.done, safe)
            self._wake.clear()
            self._idle.set()
            await self._wake.wait()

    def _add(self, event: AnyEvent, done: Done | None, still: Still | None = None) -> None:
        data = self._encode(event)
        self._waiting.append(_Item(data, done, still))
        self._waiting_bytes += len(data)
        self._wake.set()
        self._idle.clear()

    def _take(self) -> list[_Item]:
        batch = [self._waiting.popleft()]
        size = len(batch[0].data)
        while self._waiting and len(batch) < MOST_EVENTS and size + len(self._waiting[0].data) <= MOST_BYTES:
            item = self._waiting.popleft()
            size += len(item.data)
            batch.append(item)
        self._waiting_bytes -= size
        return batch

    async def _publish(self, batch: list[_Item]) -> bool:
        self._seq += 1
        attempt = 0
        while True:
            # Already encoded, so that the size of a batch is known before it is made.
            events: list[Any] = [
                msgspec.Raw(item.data) for item in batch if item.still is None or item.still()
            ]
            if not events:
                return True
            data = encode(EventBatch(agent=self._agent, instance=self._instance, events=events))
            # The same id for every try: the stream throws away what it has already.
            message: Outgoing = (self._subject, data, None, f"{self._instance}.{self._seq}")
            [answer] = await self._publisher.publish_many([message])
            if isinstance(answer, PubAck):
                return True
            if answer.kind is PubErrorKind.TOO_LARGE:
                logger.error(
                    "events were thrown away: %s",
                    answer.description,
                    extra={"action": "agent.events.too_large"},
                )
                return False
            if attempt == 0:
                logger.warning(
                    "events wait: %s",
                    answer.description,
                    extra={"action": "agent.events.wait", "events": len(batch)},
                )
            await asyncio.sleep(_RETRY.delay_s(attempt))
            attempt += 1

    async def _finish(self, done: Done, safe: bool) -> None:
        try:
            await done(safe)
        except Exception:
            # An ack that can't be sent now is sent after the redelivery; the loop must go on.
            logger.warning(
                "letting go of a message failed", exc_info=True, extra={"action": "agent.ack.error"}
            )
