"""Everything a service does with JetStream, behind one object a connection."""

from __future__ import annotations

from collections.abc import Sequence

from nats.aio.client import Client

from headrace_contracts.bus.definitions import ConsumerDefinition, StreamDefinition
from headrace_runtime.jetstream import acks, admin, publish
from headrace_runtime.jetstream.delivered import Delivered
from headrace_runtime.jetstream.fetcher import Fetcher
from headrace_runtime.jetstream.inbox import Inbox
from headrace_runtime.jetstream.publish import Outgoing, PubAck, PubError


class JetStream:
    """One inbox, one fetcher and the calls that need them. Open it once after connecting."""

    def __init__(self, inbox: Inbox) -> None:
        self.nc: Client = inbox.nc
        self.inbox = inbox
        self.fetcher = Fetcher(inbox)

    @classmethod
    async def open(cls, nc: Client) -> JetStream:
        return cls(await Inbox.open(nc))

    async def close(self) -> None:
        """End the inbox; the connection stays open."""
        await self.inbox.close()

    async def ensure_stream(self, definition: StreamDefinition) -> None:
        await admin.ensure_stream(self.nc, definition)

    async def ensure_consumer(self, definition: ConsumerDefinition) -> None:
        await admin.ensure_consumer(self.nc, definition)

    async def fetch(
        self, consumer: ConsumerDefinition, batch: int, *, expires_s: float | None
    ) -> list[Delivered]:
        return await self.fetcher.fetch(consumer, batch, expires_s=expires_s)

    async def publish_many(
        self, messages: Sequence[Outgoing], *, timeout_s: float = 5.0
    ) -> list[PubAck | PubError]:
        return await publish.publish_many(self.inbox, messages, timeout_s=timeout_s)

    async def ack_many(self, replies: Sequence[str]) -> None:
        await acks.ack_many(self.nc, replies)

    async def ack_confirmed(self, replies: Sequence[str], *, timeout_s: float = 2.0) -> list[bool]:
        return await acks.ack_confirmed(self.inbox, replies, timeout_s=timeout_s)

    async def nak(self, reply: str, delay_s: float) -> None:
        await acks.nak(self.nc, reply, delay_s)

    async def term(self, reply: str, reason: str = "") -> None:
        await acks.term(self.nc, reply, reason)

    async def in_progress(self, reply: str, *, timeout_s: float = 2.0) -> bool:
        return await acks.in_progress(self.inbox, reply, timeout_s=timeout_s)
