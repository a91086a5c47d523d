"""What a JetStream agent asks of the dispatcher, by request and reply on core NATS (any dispatcher may answer)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from headrace_contracts.messages.codec import Message, Part


class Attempt(Part, frozen=True, kw_only=True):
    """One run of one job by one agent."""

    id: UUID
    fence: int


class StartRequest(Message, frozen=True, kw_only=True):
    """``dispatch.start``: the agent holds these messages of WORK and would run them now."""

    agent: str
    instance: str
    jobs: list[Attempt]


class Verdict(StrEnum):
    GO = "go"
    #: The job is final, cancelled, held by a newer attempt or out of attempts: ack the message, run nothing.
    DROP = "drop"


class Started(Part, frozen=True, kw_only=True):
    """The dispatcher's word on one job of a StartRequest."""

    id: UUID
    fence: int
    verdict: Verdict
    #: The number of this attempt, from 1.
    attempt: int = 0
    #: Presigned GET of the input, when the job has one.
    input_url: str | None = None
    reason: str = ""


class StartReply(Message, frozen=True, kw_only=True):
    jobs: list[Started] = msgspec.field(default_factory=list)
    #: Set when nothing could be decided (the record is away): hand the messages back and try later.
    error: str | None = None


class UploadRequest(Message, frozen=True, kw_only=True):
    """``dispatch.upload``: a place for the result file (or the large JSON result) of a running attempt."""

    id: UUID
    fence: int
    filename: str
    mime: str
    size: int


class UploadReply(Message, frozen=True, kw_only=True):
    """``url`` is a presigned PUT, valid for an hour. None = the attempt is no longer the current one."""

    url: str | None = None
    key: str = ""
    error: str | None = None


class Heartbeat(Message, frozen=True, kw_only=True):
    """``agents.heartbeat``, every ``KEEPALIVE_S``: the agent lives, and this is what it can do and does."""

    agent: str
    instance: str
    platform: str
    pools: list[str]
    models: list[str]
    slots: int
    running: list[Attempt] = msgspec.field(default_factory=list)
    draining: bool = False
    version: str = ""
    hostname: str = ""
    transport: str = "jetstream"
    started_at: datetime
    #: Models of the catalogue that this agent can't run, each with what is missing.
    missing: dict[str, str] = msgspec.field(default_factory=dict)


class HeartbeatReply(Message, frozen=True, kw_only=True):
    """``stop``: attempts in the heartbeat that are no longer current; the agent ends them."""

    stop: list[Attempt] = msgspec.field(default_factory=list)
    #: An operator wants the agent to take no more jobs; None: the dispatcher is too old to know of that.
    drained: bool | None = None
    reason: str = ""


class Drain(Message, frozen=True, kw_only=True):
    """``agents.<instance>.drain``: take no more jobs, or take them again. The reply to each heartbeat says it too."""

    drained: bool
    reason: str = ""


class Stop(Message, frozen=True, kw_only=True):
    """``agents.<instance>.stop``: end this attempt now, with the reason (a cancel, in most cases)."""

    id: UUID
    fence: int
    reason: str


class Goodbye(Message, frozen=True, kw_only=True):
    """``agents.goodbye``: this instance has ended by itself and holds nothing any more."""

    agent: str
    instance: str
