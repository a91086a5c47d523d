"""A message of HOOKS into a delivery, and what came of it into an answer to JetStream.

Failures are told apart by their stage. Before the send (the record is away) and after it (the attempt can't be
recorded) the message comes again after a delay; what the receiver does is in the record, and the message is done.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from headrace_contracts.messages.codec import UndecodableError, decode
from headrace_contracts.messages.outbox import HookMessage
from headrace_runtime.jetstream.delivered import Delivered
from headrace_runtime.jetstream.pump import Ack, Answer, Nak, Term
from headrace_runtime.tracing import Span, Tracing
from headrace_webhooks.deliver import Done

log = logging.getLogger(__name__)


class Deliverer(Protocol):
    """``deliver.Deliver``."""

    async def __call__(self, delivery_id: UUID, *, attempts: int | None, span: Span) -> Done: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class HookHandler:
    """The pump's handler."""

    deliver: Deliverer
    tracing: Tracing
    transient: tuple[type[BaseException], ...]
    #: When the record is away: the message comes again after this many seconds.
    away_s: float

    async def __call__(self, message: Delivered) -> Answer:
        try:
            hook = decode(message.data, HookMessage)
        except UndecodableError as error:
            log.warning("message of HOOKS dropped: %s", error, extra={"action": "webhook.undecodable"})
            return Term(reason=str(error))
        parent = self.tracing.extract(hook.trace)
        attributes = {"headrace.webhook.id": str(hook.delivery_id)}
        with self.tracing.span("webhook.deliver", attributes, parent) as span:
            try:
                done = await self.deliver(hook.delivery_id, attempts=hook.attempts, span=span)
            except self.transient as error:
                span.fail("the record is away")
                log.warning(
                    "the record is away (%s), the delivery comes again in %.0f s",
                    type(error).__name__,
                    self.away_s,
                    extra={"action": "webhook.postponed", "delivery_id": str(hook.delivery_id)},
                )
                return Nak(delay_s=self.away_s)
            span.set("headrace.webhook.done", str(done))
        return Ack()
