"""Answers requests on core NATS: each one in a task of its own, a bounded number at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

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

_AT_ONCE = 512
_AWAY: tuple[type[BaseException], ...] = (*TRANSIENT, JetStreamError, NatsError)


class RequestServer:
    """The dispatcher's side of request and reply; replicas share the requests as a queue group."""

    def __init__(self, nc: Client) -> None:
        self._nc = nc
        self._subscriptions: list[Subscription] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def serve(
        self,
        subject: str,
        kind: type[Q],
        handler: Callable[[Q], Awaitable[msgspec.Struct | None]],
        failure: Callable[[str], msgspec.Struct] | None,
    ) -> None:
        """Answer ``subject``; ``failure`` makes the answer that says why nothing could be done."""

        async def on_message(message: Msg) -> None:
            await self._room.acquire()
            task = asyncio.create_task(self._answer(message, kind, handler, failure), name=subject)
            self._tasks.add(task)
            task.add_done_callback(self._done)

        self._subscriptions.append(await self._nc.subscribe(subject, queue=DISPATCHERS, cb=on_message))

    async def flush(self) -> None:
        """Wait until the server knows all subscriptions."""
        await settled(self._nc)

    async def stop(self) -> None:
        """Take nothing new and finish what is under way."""
        for subscription in self._subscriptions:
            await subscription.unsubscribe()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._room.release()

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
        if reply is not None and message.reply and not self._nc.is_closed:
            await self._nc.publish(message.reply, encode(reply))
