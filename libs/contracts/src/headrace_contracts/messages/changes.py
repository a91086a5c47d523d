"""CHANGES: what was recorded of jobs, for those who watch them. Written by the dispatchers after the commit.

A change is a fact: unlike an event of an agent, which may be stale or refused. Watchers read it from the stream by its
sequence, so that one who comes back misses nothing for an hour. Changes that two dispatchers recorded one right after
the other may stand in the other order: an end is the end, whatever follows it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from headrace_contracts.messages.codec import Message, Part


class ChangeKind(StrEnum):
    """What has changed."""

    #: The job's state; ``state`` names the new one.
    STATE = "state"
    PROGRESS = "progress"
    OUTPUT = "output"


class Change(Part, frozen=True, kw_only=True):
    """One change of one job."""

    kind: ChangeKind
    id: UUID
    account_id: UUID
    at: datetime
    #: STATE: a ``JobState``.
    state: str = ""
    attempt: int = 0
    agent: str | None = None
    exit_code: int | None = None
    failure_code: str | None = None
    failure_reason: str | None = None
    #: PROGRESS: 0..100 and a sentence.
    percent: float | None = None
    message: str = ""
    #: OUTPUT: ``stdout`` or ``stderr`` and the text.
    stream: str = ""
    text: str = ""


class Changes(Message, frozen=True, kw_only=True):
    """One message of CHANGES: all changes of one commit."""

    changes: list[Change] = msgspec.field(default_factory=list)
