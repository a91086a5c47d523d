"""A message of PUBLISH into a publication."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from headrace_contracts.messages.codec import UndecodableError, decode
from headrace_contracts.messages.outbox import PublishMessage
from headrace_publisher.publish.publish import Result
from headrace_runtime.jetstream.delivered import Delivered
from headrace_runtime.jetstream.pump import Ack, Answer, Nak, Term
from headrace_runtime.tracing import Span, Tracing

log = logging.getLogger(__name__)


class Publisher(Protocol):
    """``publish.Publish``."""

    async def __call__(
        self, publication_id: UUID, *, span: Span, in_progress: Callable[[], Awaitable[object]]
    ) -> Result: ...


class Stream(Protocol):
    """The part of ``JetStream`` that keeps a message."""

    async def in_progress(self, reply: str) -> bool: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishHandler:
    """The pump's handler."""

    publish: Publisher
    stream: Stream
    tracing: Tracing
    transient: tuple[type[BaseException], ...]
    #: When the record is away: the message comes again after this many seconds.
    away_s: float

    async def __call__(self, message: Delivered) -> Answer:
        try:
            wish = decode(message.data, PublishMessage)
        except UndecodableError as error:
            log.warning("message of PUBLISH dropped: %s", error, extra={"action": "publication.undecodable"})
            return Term(reason=str(error))
        parent = self.tracing.extract(wish.trace)
        attributes = {"headrace.publication.id": str(wish.publication_id)}
        with self.tracing.span("publication.publish", attributes, parent) as span:
            try:
                result = await self.publish(
                    wish.publication_id,
                    span=span,
                    in_progress=lambda: self.stream.in_progress(message.reply),
                )
            except self.transient as error:
                span.fail("the record is away")
                log.warning(
                    "the record is away (%s), the publication comes again in %.0f s",
                    type(error).__name__,
                    self.away_s,
                    extra={"action": "publication.postponed", "publication_id": str(wish.publication_id)},
                )
                return Nak(delay_s=self.away_s)
            span.set("headrace.publication.result", str(result))
        return Ack()
