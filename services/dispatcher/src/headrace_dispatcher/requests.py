"""Answers requests on core NATS: each one in a task of its own, a bounded number at once.

Each subject has a line of its own, so that a flood of claims takes nothing from the agents' signs of life. Whoever
finds the line full, or stands in it for too long, is told that nothing can be done: askers have a timeout, and what is
done for somebody who has gone is done in vain.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from headrace_contracts.bus.subjects import DISPATCHERS
from headrace_contracts.messages.codec import UndecodableError, decode, encode
from headrace_runtime.jetstream.errors import JetStreamError
from headrace_runtime.nats import settled
from headrace_store.postgres import TRANSIENT

log = logging.getLogger(__name__)

Q = TypeVar("Q", bound=msgspec.Struct)

#: Requests of a subject that are worked on at once.
_AT_ONCE: Final = 256
#: Requests of a subject that wait for their turn.
_IN_LINE: Final = 2048
#: How long they wait, in seconds: less than the asker does.
_PATIENCE_S: Final = 3.0
#: What nats-py may keep for a subject before our callback sees it; beyond it the asker hears nothing.
_PENDING_MESSAGES: Final = 4096
_PENDING_BYTES: Final = 16 * 1024 * 1024
_BUSY: Final = "too many requests are waiting"
_AWAY: tuple[type[BaseException], ...] = (*TRANSIENT, JetStreamError, NatsError)


@dataclass(slots=True)
class _Line:
    """The requests of one subject."""

    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))
    waiting: int = 0
    #: Since the line was last free.
    refused: int = 0


class RequestServer:
    """The dispatcher's side of request and reply; replicas share the requests as a queue group."""

    def __init__(self, nc: Client) -> None:
        self._nc = nc
        self._subscriptions: list[Subscription] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(
        self,
        subject: str,
        kind: type[Q],
        handler: Callable[[Q], Awaitable[msgspec.Struct | None]],
        failure: Callable[[str], msgspec.Struct] | None,
    ) -> None:
        """Answer ``subject``; ``failure`` makes the answer that says why nothing could be done."""

        line = _Line()

        async def on_message(message: Msg) -> None:
            if line.waiting >= _IN_LINE:
                await self._refuse(message, line, failure)
                return
            line.waiting += 1
            task = asyncio.create_task(self._in_turn(message, line, kind, handler, failure), name=subject)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        self._subscriptions.append(
            await self._nc.subscribe(
                subject,
                queue=DISPATCHERS,
                cb=on_message,
                pending_msgs_limit=_PENDING_MESSAGES,
                pending_bytes_limit=_PENDING_BYTES,
            )
        )

    async def flush(self) -> None:
        """Wait until the server knows all subscriptions."""
        await settled(self._nc)

    async def stop(self) -> None:
        """Take nothing new and finish what is under way."""
        for subscription in self._subscriptions:
            await subscription.unsubscribe()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _in_turn(
        self,
        message: Msg,
        line: _Line,
        kind: type[Q],
        handler: Callable[[Q], Awaitable[msgspec.Struct | None]],
        failure: Callable[[str], msgspec.Struct] | None,
    ) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await line.room.acquire()
        except TimeoutError:
            await self._refuse(message, line, failure)
            return
        finally:
            line.waiting -= 1
        try:
            await self._answer(message, kind, handler, failure)
        finally:
            line.room.release()
        if not line.waiting:
            line.refused = 0

    async def _refuse(
        self, message: Msg, line: _Line, failure: Callable[[str], msgspec.Struct] | None
    ) -> None:
        """Say so at once; a sign of life is dropped, there will be another one."""
        line.refused += 1
        if line.refused == 1:
            log.warning("%s: %s", message.subject, _BUSY, extra={"action": "request.refused"})
        if failure is not None:
            await self._reply(message, failure(_BUSY))

    async def _answer(
        self,
        message: Msg,
        kind: type[Q],
        handler: Callable[[Q], Awaitable[msgspec.Struct | None]],
        failure: Callable[[str], msgspec.Struct] | None,
    ) -> None:
        reply: msgspec.Struct | None
        try:
            reply = await handler(decode(message.data, kind))
        except UndecodableError as error:
            reply = failure(str(error)) if failure else None
            log.error("%s: %s", message.subject, error, extra={"action": "request.undecodable"})  # noqa: TRY400 -- no trace helps
        except _AWAY as error:
            reason = str(error) or type(error).__name__
            reply = failure(reason) if failure else None
            log.warning("%s: %s", message.subject, reason, extra={"action": "request.put_off"})
        except Exception as error:
            reply = failure(f"internal error ({type(error).__name__})") if failure else None
            log.exception("%s failed", message.subject, extra={"action": "request.failed"})
        if reply is not None:
            await self._reply(message, reply)

    async def _reply(self, message: Msg, reply: msgspec.Struct) -> None:
        if not message.reply or self._nc.is_closed:
            return
        try:
            await self._nc.publish(message.reply, encode(reply))
        except (NatsError, OSError) as error:
            log.warning(
                "%s: no answer went out: %s", message.subject, error, extra={"action": "request.put_off"}
            )
