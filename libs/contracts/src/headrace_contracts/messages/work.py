"""WORK: one message a job that is ready to run. It carries all that an agent needs to begin."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from headrace_contracts.messages.codec import Message, Part


class InputRef(Part, frozen=True, kw_only=True):
    """The job's input file in S3; the agent gets a presigned URL for it when it starts."""

    key: str
    mime: str
    name: str
    size: int


class WorkMessage(Message, frozen=True, kw_only=True):
    """A released job."""

    id: UUID
    #: The release; with the delivery count it makes the fencing token (``jobs.fence``).
    epoch: int
    model: str
    payload: msgspec.Raw = msgspec.Raw(b"{}")
    input: InputRef | None = None
    created_at: datetime
    #: The longest that a run may take, in seconds.
    timeout_s: float
    #: Attempts that ended before this release (handed-back ones don't count).
    attempts: int = 0
