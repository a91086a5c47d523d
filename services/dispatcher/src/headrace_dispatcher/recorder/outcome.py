"""The outcome of an attempt, as it is written into the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from headrace_contracts.jobs.state import JobState
from headrace_contracts.limits import REASON_CHARS
from headrace_contracts.messages.events import Completed, Failed, FailureCode, FileRef


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How an attempt ended; ``fence`` says which one, or over REST the hash of its claim token."""

    id: UUID
    fence: int = 0
    claim_hash: bytes | None = None
    state: JobState
    agent: str | None
    instance: str | None
    started_at: datetime
    finished_at: datetime
    #: JSON text.
    result: str | None = None
    result_ref: str | None = None
    meta: str | None = None
    file: FileRef | None = None
    #: JSON text: the result files beside ``file``.
    extra_files: str | None = None
    exit_code: int | None = None
    code: FailureCode | None = None
    reason: str | None = None
    trace: str | None = None

    def columns(self) -> tuple[Any, ...]:
        """The parameters of the query ``finish``, in its order."""
        file = self.file
        return (
            self.id, self.fence, self.state, self.agent, self.instance, self.started_at, self.finished_at,
            self.result, self.result_ref, self.meta, file and file.key, file and file.name, file and file.mime,
            file and file.size, self.extra_files, self.exit_code, self.code, self.reason, self.claim_hash,
        )  # fmt: skip


def json_text(raw: msgspec.Raw | msgspec.UnsetType) -> str | None:
    """JSON as text for a ``json`` column; an escaped NUL in it is kept, since json is not unpacked."""
    return None if isinstance(raw, msgspec.UnsetType) else bytes(raw).decode()


def files_text(files: Sequence[FileRef]) -> str | None:
    """Result files as text for a ``json`` column; None when there are none."""
    return msgspec.json.encode(files).decode() if files else None


def clean(text: str) -> str:
    """A reason that fits the record."""
    return text.replace("\x00", "\ufffd")[:REASON_CHARS]


def of_event(event: Completed | Failed, agent: str, instance: str) -> Outcome:
    """The outcome in an event of a JetStream agent."""
    if isinstance(event, Completed):
        return Outcome(
            id=event.id,
            fence=event.fence,
            state=JobState.COMPLETED,
            agent=agent,
            instance=instance,
            started_at=event.started_at,
            finished_at=event.finished_at,
            result=json_text(event.result),
            result_ref=event.result_ref,
            meta=json_text(event.meta),
            file=event.file,
            extra_files=files_text(event.extra_files),
            trace=event.trace,
        )
    return Outcome(
        id=event.id,
        fence=event.fence,
        state=JobState.FAILED,
        agent=agent,
        instance=instance,
        started_at=event.started_at,
        finished_at=event.finished_at,
        code=event.code,
        reason=clean(event.reason),
        trace=event.trace,
    )
