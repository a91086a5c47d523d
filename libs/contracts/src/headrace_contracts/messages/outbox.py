"""HOOKS and PUBLISH: outcomes on their way out. The rows in the record hold the truth; these carry the motion."""

from __future__ import annotations

from uuid import UUID

from headrace_contracts.messages.codec import Message


class HookMessage(Message, frozen=True, kw_only=True):
    """``hooks.<endpoint id>.<delivery id>``: send this delivery (a row of ``webhook_deliveries``) now."""

    delivery_id: UUID
    #: Attempts that had been made when this was relayed: a message that comes again after its attempt was
    #: recorded (a lost ack) sends nothing.
    attempts: int | None = None
    #: W3C traceparent of the job, when it is traced.
    trace: str | None = None


class ExportMessage(Message, frozen=True, kw_only=True):
    """``publish.export.<job id>``: write ``results/<id>/result.json`` of this job (a row of ``exports``)."""

    job_id: UUID
    trace: str | None = None


class PublishMessage(Message, frozen=True, kw_only=True):
    """``publish.out.<publication id>``: take this publication (a row of ``publications``) a step further."""

    publication_id: UUID
    trace: str | None = None
