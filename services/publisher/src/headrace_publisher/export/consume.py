"""A message of PUBLISH into an export."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from headrace_contracts.messages.codec import UndecodableError, decode
from headrace_contracts.messages.outbox import ExportMessage
from headrace_publisher.export.export import Done
from headrace_runtime.jetstream.delivered import Delivered
from headrace_runtime.jetstream.pump import Ack, Answer, Nak, Term
from headrace_runtime.logs import job_context
from headrace_runtime.tracing import Span, Tracing

log = logging.getLogger(__name__)


class Exporter(Protocol):
    """``export.Export``."""

    async def __call__(self, job_id: UUID, *, span: Span) -> Done: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportHandler:
    """The pump's handler."""

    export: Exporter
    tracing: Tracing
    transient: tuple[type[BaseException], ...]
    #: When the record is away: the message comes again after this many seconds.
    away_s: float

    async def __call__(self, message: Delivered) -> Answer:
        try:
            wish = decode(message.data, ExportMessage)
        except UndecodableError as error:
            log.warning("message of PUBLISH dropped: %s", error, extra={"action": "export.undecodable"})
            return Term(reason=str(error))
        job = str(wish.job_id)
        parent = self.tracing.extract(wish.trace)
        with job_context(job), self.tracing.span("result.export", {"headrace.job_id": job}, parent) as span:
            try:
                done = await self.export(wish.job_id, span=span)
            except self.transient as error:
                span.fail("the record is away")
                log.warning(
                    "the record is away (%s), the export comes again in %.0f s",
                    type(error).__name__,
                    self.away_s,
                    extra={"action": "export.postponed"},
                )
                return Nak(delay_s=self.away_s)
            span.set("headrace.export.done", str(done))
        return Ack()
