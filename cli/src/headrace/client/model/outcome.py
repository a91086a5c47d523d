"""What a job did on its way: its attempts, and what it wrote."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a job by one agent."""

    number: int
    #: ``running``, a state, a failure code, or ``handed_back``
    outcome: str
    miner_id: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str | None = None


class AttemptList(msgspec.Struct, frozen=True, kw_only=True):
    attempts: list[Attempt]


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a job's output."""

    seq: int
    #: ``stdout`` or ``stderr``
    stream: str
    text: str
    at: datetime | None = None


class Logs(msgspec.Struct, frozen=True, kw_only=True):
    lines: list[LogLine]
    has_more: bool = False
    #: ``after`` of the next call.
    next_after: int = -1
