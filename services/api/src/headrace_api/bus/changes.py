"""CHANGES as the hub reads it: by ordered consumers that live in the server's memory, made again when lost."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import msgspec
from nats.aio.client import Client

from headrace_api.core.errors import UnavailableError
from headrace_api.core.watching import LogBounds, LogEntry
from headrace_contracts.bus.definitions import ConsumerDefinition
from headrace_contracts.bus.streams import CHANGES
from headrace_contracts.messages.changes import Change, Changes
from headrace_contracts.messages.codec import UndecodableError, decode
from headrace_runtime.jetstream.admin import api
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.jetstream.delivered import Delivered
from headrace_runtime.jetstream.errors import ConsumerGone, JetStreamError

log = logging.getLogger(__name__)

#: Messages a look: each may be large.
_BATCH: Final = 32
#: The server forgets a consumer that nobody has pulled from for this long.
_INACTIVE_NS: Final = 30 * 1_000_000_000


class _State(msgspec.Struct):
    first_seq: int = 0
    last_seq: int = 0


class _Info(msgspec.Struct):
    created: str
    state: _State


class JetStreamChanges:
    """``core.watching.ChangeLog``."""

    def __init__(self, nc: Client) -> None:
        self._nc = nc
        self._js: JetStream | None = None

    async def close(self) -> None:
        if self._js is not None:
            await self._js.close()

    async def bounds(self) -> LogBounds:
        try:
            answer = await api(self._nc, f"STREAM.INFO.{CHANGES.name}", {}, what=f"stream {CHANGES.name}")
        except (JetStreamError, OSError) as error:
            raise UnavailableError("The stream of changes") from error
        info = msgspec.json.decode(answer, type=_Info)
        # A stream that was lost and made again counts from 1 again; its birth tells it from the old one.
        birth = hashlib.sha256(info.created.encode()).hexdigest()[:10]
        return LogBounds(birth=birth, first=max(1, info.state.first_seq), last=info.state.last_seq)

    @asynccontextmanager
    async def reader(self, *, birth: str, after: int) -> AsyncIterator[OrderedReader]:
        if self._js is None:
            self._js = await JetStream.open(self._nc)
        reader = OrderedReader(self._js, self, birth, after)
        try:
            yield reader
        finally:
            await reader.close()


class OrderedReader:
    """``core.watching.LogReader``.

    Nothing is acknowledged: what a broken connection swallowed shows as a gap in the consumer's own count, and the
    consumer is made again after the last message that was read.
    """

    def __init__(self, js: JetStream, stream: JetStreamChanges, birth: str, after: int) -> None:
        self._js = js
        self._stream = stream
        self._birth = birth
        self._after = after
        self._consumer: ConsumerDefinition | None = None
        self._expected = 1
        #: Reconnects and strays when the consumer was made: either may have cost a message.
        self._losses = (0, 0)

    async def read(self, wait_s: float) -> list[LogEntry]:
        try:
            consumer = self._consumer
            if consumer is None or self._losses != self._seen_losses():
                consumer = await self._open()
            delivered = await self._js.fetch(consumer, _BATCH, expires_s=wait_s)
        except ConsumerGone:
            self._consumer = None
            return []
        except (JetStreamError, OSError) as error:
            self._consumer = None
            raise UnavailableError("The stream of changes") from error
        return self._in_order(delivered)

    async def close(self) -> None:
        """Let the server forget the consumer; it would do so by itself, later."""
        consumer, self._consumer = self._consumer, None
        if consumer is None or not self._js.nc.is_connected:
            return
        try:
            subject = f"CONSUMER.DELETE.{CHANGES.name}.{consumer.name}"
            await api(self._js.nc, subject, {}, what=f"consumer {consumer.name}", timeout_s=1.0)
        except (JetStreamError, OSError) as error:
            log.debug("a consumer was left behind: %s", error, extra={"action": "changes.consumer.left"})

    async def _open(self) -> ConsumerDefinition:
        await self.close()
        self._losses = self._seen_losses()
        bounds = await self._stream.bounds()
        if bounds.birth != self._birth:
            self._birth, self._after = bounds.birth, bounds.first - 1
        name = f"watch-{secrets.token_hex(8)}"
        config = {
            "name": name,
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": self._after + 1,
            "ack_policy": "none",
            "replay_policy": "instant",
            "max_deliver": -1,
            "num_replicas": 1,
            "mem_storage": True,
            "inactive_threshold": _INACTIVE_NS,
        }
        body = {"stream_name": CHANGES.name, "config": config, "action": ""}
        await api(self._js.nc, f"CONSUMER.CREATE.{CHANGES.name}.{name}", body, what=f"consumer {name}")
        self._consumer = ConsumerDefinition(stream=CHANGES.name, name=name, ack_policy="none")
        self._expected = 1
        return self._consumer

    def _seen_losses(self) -> tuple[int, int]:
        return self._js.nc.stats["reconnects"], self._js.fetcher.strays

    def _in_order(self, delivered: list[Delivered]) -> list[LogEntry]:
        entries = []
        for message in delivered:
            info = message.info
            if info.consumer_seq != self._expected:
                self._consumer = None  # something was lost on the way: read on after what has come
                break
            self._expected += 1
            self._after = info.stream_seq
            entries.append(LogEntry(birth=self._birth, seq=info.stream_seq, changes=_changes(message)))
        return entries


def _changes(message: Delivered) -> list[Change]:
    try:
        return decode(message.data, Changes).changes
    except UndecodableError as error:
        log.warning("a change can't be read: %s", error, extra={"action": "changes.undecodable"})
        return []
