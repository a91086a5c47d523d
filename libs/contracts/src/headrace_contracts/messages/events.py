"""EVENTS: what agents tell the dispatcher, many in one message.

Each event names the attempt by job id and fencing token and stands alone: the recorder may see them in any order
and more than once, and one message may mix jobs (subject ``events.<agent instance>``).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from headrace_contracts.messages.codec import Message, Part


class FailureCode(StrEnum):
    """Why an attempt ended without a result."""

    #: The handler said that the job can't be done.
    HANDLER = "handler"
    #: The handler raised something else, or its process died.
    CRASH = "crash"
    TIMEOUT = "timeout"
    #: The agent vanished: no keep-alive within its lease.
    LOST = "lost"
    #: Input or output could not be moved.
    TRANSFER = "transfer"
    #: It did not start within its queue timeout.
    QUEUE_TIMEOUT = "queue_timeout"


#: Codes after which another attempt is made while attempts are left: the fault lies with the machine, not the job.
RETRIED: frozenset[FailureCode] = frozenset({FailureCode.CRASH, FailureCode.LOST, FailureCode.TRANSFER})


class FileRef(Part, frozen=True, kw_only=True):
    """A result file in S3."""

    key: str
    name: str
    mime: str
    size: int


class Event(Part, frozen=True, kw_only=True, tag_field="kind"):
    """Base: one thing that happened to one attempt."""

    id: UUID
    fence: int
    #: W3C traceparent of the span in which it happened, when the job is traced.
    trace: str | None = None


class Completed(Event, frozen=True, kw_only=True, tag="completed"):
    """The attempt ended with a result; ``started_at`` makes the event whole when no start was recorded."""

    started_at: datetime
    finished_at: datetime
    #: JSON up to ``INLINE_RESULT_BYTES``; a larger one is at ``result_ref``.
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    result_ref: str | None = None
    file: FileRef | None = None
    #: Result files beside the main one.
    extra_files: list[FileRef] = msgspec.field(default_factory=list)
    meta: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class Failed(Event, frozen=True, kw_only=True, tag="failed"):
    started_at: datetime
    finished_at: datetime
    reason: str
    code: FailureCode = FailureCode.HANDLER


class HandedBack(Event, frozen=True, kw_only=True, tag="handed_back"):
    """The agent stops and gives the job back unrun or half-run; not counted as an attempt."""

    reason: str


class Progressed(Event, frozen=True, kw_only=True, tag="progress"):
    percent: float
    message: str = ""


class Output(Event, frozen=True, kw_only=True, tag="output"):
    """Lines of the job's output; ``seq`` orders the chunks of an attempt from 0."""

    seq: int
    text: str
    stream: str = "stdout"


AnyEvent = Completed | Failed | HandedBack | Progressed | Output


class EventBatch(Message, frozen=True, kw_only=True):
    """One message of EVENTS."""

    #: The agent's name, as shown to people.
    agent: str
    #: The run of the agent process; a restart makes a new one.
    instance: str
    events: list[AnyEvent]
