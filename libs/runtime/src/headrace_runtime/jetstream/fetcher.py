"""Pulls: ask a consumer for messages, get them back as a list, lose none.

The protocol is NATS ADR-13 and ADR-37. A pull ends by its count or by a status message: 404 no messages, 408
expired, 409 for several reasons, 503 when nobody listens. While a pull waits, the server says so every
heartbeat; two missed ones mean that the server has forgotten the pull (restart, lost connection).

A status message names its pull; a delivered message names only its consumer. The server serves the pulls on a
consumer in order, so a message belongs to the oldest open one. One for which no pull is open (it timed out a
moment ago) is given back to the server at once, never dropped.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from enum import Enum
from typing import Any, Final

import msgspec
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from headrace_contracts.bus.definitions import ConsumerDefinition
from headrace_runtime.jetstream.acks import NAK
from headrace_runtime.jetstream.admin import consumer_exists
from headrace_runtime.jetstream.delivered import Delivered, consumer_of
from headrace_runtime.jetstream.errors import ConsumerGone, JetStreamError, JetStreamUnavailableError
from headrace_runtime.jetstream.inbox import Inbox

logger = logging.getLogger(__name__)

_NS: Final = 1_000_000_000
#: A pull without waiting is answered in a millisecond; longer means that the server is away.
_NO_WAIT_TIMEOUT_S: Final = 2.0
#: A consumer at its ``max_ack_pending`` leaves such a pull unanswered (nats-server 2.15), so there it expires.
_LIMITED_EXPIRES_S: Final = 0.05
_HEARTBEAT_S: Final = 1.0
#: Pause before a fetch comes back empty for a reason that may repeat, so that a loop of fetches can't spin.
_PAUSE_S: Final = 0.2


class End(Enum):
    """How a pull ended."""

    FULL = "full"
    EMPTY = "empty"
    TRANSIENT = "transient"
    GONE = "gone"
    NO_RESPONDERS = "no responders"
    REFUSED = "refused"


def end_of(status: str, description: str) -> End | None:
    """What a status message means for a pull; None: it goes on."""
    if status == "100":
        return None
    if status in {"404", "408"}:
        return End.EMPTY
    if status == "503":
        return End.NO_RESPONDERS
    text = description.lower()
    if status == "409":
        if "consumer deleted" in text or "push based" in text:
            return End.GONE
        if "exceeded maxrequest" in text or "exceeds maxbytes" in text:
            return End.REFUSED
        return End.TRANSIENT  # server shutdown, leadership change, too many waiting pulls, too many unacked
    return End.REFUSED


class _Pull:
    """One pull under way."""

    __slots__ = ("description", "end", "messages", "wake", "want")

    def __init__(self, want: int) -> None:
        self.want = want
        self.messages: list[Delivered] = []
        self.end: End | None = None
        self.description = ""
        self.wake = asyncio.Event()

    def __call__(self, message: Msg, _tail: str) -> None:
        """Take a status message."""
        if self.end is None:
            headers = message.headers or {}
            status = headers.get("Status", "")
            self.description = f"{status} {headers.get('Description', '')}".strip()
            self.end = end_of(status, self.description)
            self.wake.set()

    def offer(self, message: Msg) -> bool:
        """Take a delivered message, if there is room for it."""
        if self.end is not None:
            return False
        self.messages.append(
            Delivered(
                subject=message.subject, data=message.data, headers=message.headers, reply=message.reply
            )
        )
        if len(self.messages) >= self.want:
            self.end = End.FULL
            self.wake.set()
        return True


class Fetcher:
    """Fetches from any number of consumers over one connection; fetches may run side by side."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._nc = inbox.nc
        #: Messages that came after their fetch had ended and were given back.
        self.strays = 0
        self._open: dict[tuple[str, str], deque[_Pull]] = {}
        inbox.on_delivery(self._on_delivery)

    async def fetch(
        self, consumer: ConsumerDefinition, batch: int, *, expires_s: float | None
    ) -> list[Delivered]:
        """Fetch up to ``batch`` messages.

        ``expires_s`` None returns at once with what is there; a message whose publish was acknowledged a
        millisecond ago may not be there yet, as the server tells its consumers later than the publisher. Only
        the empty answer of a consumer that has a ``max_ack_pending`` takes 50 ms. With ``expires_s`` it returns
        as soon as there is a message, with all that are there up to ``batch``, or empty after that many seconds.
        A lost server makes it return empty earlier; it never hangs.

        Raises:
            ConsumerGone: the consumer or its stream does not exist.
            JetStreamUnavailableError: nobody answered a fetch without waiting.
            JetStreamError: the server refuses such a pull.
        """
        if batch <= 0:
            return []
        if expires_s is None:
            return await self._at_once(consumer, batch)
        deadline = asyncio.get_running_loop().time() + expires_s
        try:
            return await self._by(deadline, consumer, batch)
        except JetStreamUnavailableError:
            await asyncio.sleep(min(_PAUSE_S, expires_s))
            return []

    async def _at_once(self, consumer: ConsumerDefinition, batch: int) -> list[Delivered]:
        if not self._nc.is_connected:
            raise JetStreamUnavailableError("not connected to NATS")
        body: dict[str, Any] = {"batch": batch, "no_wait": True}
        if consumer.max_ack_pending > 0:
            body["expires"] = int(_LIMITED_EXPIRES_S * _NS)
        pull = await self._pull(consumer, batch, body, _NO_WAIT_TIMEOUT_S)
        if not pull.messages:
            await self._judge(consumer, pull)
            if pull.end is None:
                raise JetStreamUnavailableError(f"no answer to a pull from {consumer.name}")
        return pull.messages

    async def _by(self, deadline: float, consumer: ConsumerDefinition, batch: int) -> list[Delivered]:
        """Take what is there, else wait for one message.

        A waiting pull for the whole batch would be filled after we had returned with its first message.
        """
        clock = asyncio.get_running_loop().time
        while not self._nc.is_connected:
            if clock() >= deadline or self._nc.is_closed:
                return []
            await asyncio.sleep(min(_PAUSE_S, max(0.0, deadline - clock())))
        # One message is had, or waited for, with one pull.
        if batch > 1 and (there := await self._at_once(consumer, batch)):
            return there
        left = deadline - clock()
        if left <= 0:
            return []
        body: dict[str, Any] = {"batch": 1, "expires": int(left * _NS)}
        silence_s = left + _HEARTBEAT_S
        if left > 2 * _HEARTBEAT_S + 0.1:  # the server refuses a heartbeat over half of the expiry
            body["idle_heartbeat"] = int(_HEARTBEAT_S * _NS)
            silence_s = 2.5 * _HEARTBEAT_S
        pull = await self._pull(consumer, 1, body, silence_s)
        if not pull.messages:
            await self._judge(consumer, pull)
            if pull.end is End.TRANSIENT:
                await asyncio.sleep(max(0.0, min(_PAUSE_S, deadline - clock())))
            return []
        # What came with it is the next fetch's: asking for it now would keep the first one waiting.
        return pull.messages

    async def _pull(
        self, consumer: ConsumerDefinition, want: int, body: dict[str, Any], silence_s: float
    ) -> _Pull:
        """Run one pull until it ends or nothing is heard for ``silence_s``; then its ``end`` stays None."""
        pull = _Pull(want)
        key = (consumer.stream, consumer.name)
        token, subject = self._inbox.register(pull)
        self._open.setdefault(key, deque()).append(pull)
        request = f"$JS.API.CONSUMER.MSG.NEXT.{consumer.stream}.{consumer.name}"
        try:
            await self._nc.publish(request, msgspec.json.encode(body), reply=subject)
            while pull.end is None:
                async with asyncio.timeout(silence_s):
                    await pull.wake.wait()
                pull.wake.clear()
        except TimeoutError:
            pass  # what has come is the caller's; what still comes is a stray
        except NatsError as error:
            if not pull.messages:
                raise JetStreamUnavailableError(f"pull from {consumer.name}: {error}") from error
        except BaseException:
            await self._give_back(pull.messages)
            raise
        finally:
            self._inbox.release(token)
            pulls = self._open[key]
            pulls.remove(pull)
            if not pulls:
                del self._open[key]
        return pull

    async def _judge(self, consumer: ConsumerDefinition, pull: _Pull) -> None:
        """Raise what an empty pull's end calls for."""
        if pull.end is End.REFUSED:
            raise JetStreamError(f"pull from {consumer.name} refused: {pull.description}")
        if pull.end is End.GONE:
            raise ConsumerGone(consumer.stream, consumer.name, pull.description)
        if pull.end is End.NO_RESPONDERS:
            # Nobody listens for a consumer that does not exist, nor while the server still loads its streams.
            if not await consumer_exists(self._nc, consumer.stream, consumer.name):
                raise ConsumerGone(consumer.stream, consumer.name, "the server does not know it")
            raise JetStreamUnavailableError(f"consumer {consumer.name} does not answer yet")

    async def _on_delivery(self, message: Msg) -> None:
        key = consumer_of(message.reply)
        if key is None:
            return
        if not any(pull.offer(message) for pull in self._open.get(key, ())):
            self.strays += 1
            await self._nc.publish(message.reply, NAK)

    async def _give_back(self, messages: list[Delivered]) -> None:
        try:
            for message in messages:
                await self._nc.publish(message.reply, NAK)
        except NatsError:
            logger.warning(
                "could not give back %d messages; the server delivers them after the ack wait",
                len(messages),
                extra={"action": "jetstream.give_back.failed"},
            )
