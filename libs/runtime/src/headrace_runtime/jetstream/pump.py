"""Messages of one consumer into a handler: as many at a time as there are hands, each answered by its result."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Protocol

from nats.errors import Error as NatsError

from headrace_contracts.bus.definitions import ConsumerDefinition
from headrace_runtime.jetstream.delivered import Delivered
from headrace_runtime.jetstream.errors import ConsumerGone, JetStreamError
from headrace_runtime.process import Stop
from headrace_runtime.retry import Backoff

logger = logging.getLogger(__name__)

#: How long one pull waits for messages.
FETCH_S: Final = 5.0
_PAUSE_S: Final = 0.5
#: For handlers that raise: by the number of deliveries of the message.
REDELIVERY: Final = Backoff(first_s=2.0, factor=2.0, most_s=60.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ack:
    """The message is done."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Nak:
    """Deliver it again after ``delay_s`` seconds."""

    delay_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """It can never be handled; ``reason`` goes into the server's advisory."""

    reason: str


Answer = Ack | Nak | Term
#: What it raises is logged, and the message comes again after a delay that grows.
Handler = Callable[[Delivered], Awaitable[Answer]]


class Stream(Protocol):
    """The part of ``JetStream`` that a pump needs."""

    async def fetch(
        self, consumer: ConsumerDefinition, batch: int, *, expires_s: float | None
    ) -> list[Delivered]: ...

    async def ack_many(self, replies: Sequence[str]) -> None: ...

    async def nak(self, reply: str, delay_s: float) -> None: ...

    async def term(self, reply: str, reason: str = "") -> None: ...


#: A message that is given back at the end comes again after this: at once it could go to the pull that this process
#: left open, and be lost with its connection until the ack wait is over.
HAND_OVER_S: Final = 1.0


@dataclass(kw_only=True)
class Pump:
    """Call ``run`` in a background loop. It fetches only what it has hands for."""

    stream: Stream
    consumer: ConsumerDefinition
    handler: Handler
    #: Makes the consumer and its stream again when the server has lost them.
    restore: Callable[[], Awaitable[None]]
    #: Messages under way at a time.
    hands: int
    #: How long messages under way may take once a stop is asked for; then they are given back at once.
    drain_s: float
    redelivery: Backoff = REDELIVERY
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def busy(self) -> int:
        """Messages under way."""
        return len(self._tasks)

    async def run(self, stop: Stop) -> None:
        """Pump until a graceful stop is asked for and the messages under way have ended."""
        try:
            while not stop.graceful.is_set():
                if len(self._tasks) >= self.hands:
                    await _first_of(stop, *self._tasks)
                    continue
                fetch = asyncio.create_task(self._fetch(self.hands - len(self._tasks)))
                try:
                    await _first_of(stop, fetch)
                    if not fetch.done():
                        fetch.cancel()  # the fetcher gives back what it had
                        await asyncio.wait({fetch})
                finally:
                    fetch.cancel()
                if not fetch.cancelled():
                    for message in fetch.result():
                        self._start(message)
            if self._tasks:
                await asyncio.wait(set(self._tasks), timeout=self.drain_s)
        finally:
            for task in self._tasks:
                task.cancel()
            if self._tasks:
                await asyncio.wait(set(self._tasks))

    async def _fetch(self, batch: int) -> list[Delivered]:
        try:
            return await self.stream.fetch(self.consumer, batch, expires_s=FETCH_S)
        except ConsumerGone as gone:
            logger.warning("%s; it is made again", gone, extra={"action": "pump.consumer.gone"})
            try:
                await self.restore()
            except JetStreamError as error:
                logger.warning("not made: %s", error, extra={"action": "pump.restore.failed"})
        except JetStreamError as error:
            logger.warning("no messages: %s", error, extra={"action": "pump.fetch.failed"})
        await asyncio.sleep(_PAUSE_S)
        return []

    def _start(self, message: Delivered) -> None:
        task = asyncio.create_task(self._handle(message), name=f"pump {self.consumer.name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _handle(self, message: Delivered) -> None:
        try:
            answer = await self.handler(message)
        except asyncio.CancelledError:
            with suppress(NatsError):
                await self.stream.nak(message.reply, HAND_OVER_S)
            raise
        except Exception:
            answer = Nak(delay_s=self.redelivery.delay_s(message.num_delivered - 1))
            logger.exception(
                "message of %s not handled, again in %.1f s",
                self.consumer.name,
                answer.delay_s,
                extra={"action": "pump.handler.failed", "subject": message.subject},
            )
        try:
            match answer:
                case Ack():
                    await self.stream.ack_many([message.reply])
                case Nak(delay_s=delay_s):
                    await self.stream.nak(message.reply, delay_s)
                case Term(reason=reason):
                    await self.stream.term(message.reply, reason)
        except NatsError as error:
            # It comes again after the ack wait; handlers are made to be called twice.
            logger.warning("answer not sent: %s", error, extra={"action": "pump.answer.lost"})


async def _first_of(stop: Stop, *tasks: asyncio.Task[object]) -> None:
    """Wait until a graceful stop is asked for or one of the tasks has ended."""
    stopped = asyncio.create_task(stop.graceful.wait())
    try:
        await asyncio.wait({stopped, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
