"""How a run can end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from headrace_contracts.messages.events import FailureCode


@dataclass(frozen=True, kw_only=True, slots=True)
class OutputFile:
    """A file that a run wrote."""

    path: Path
    name: str
    mime: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """The handler's result: JSON in memory when it is small, else in a file."""

    data: bytes | None
    #: The JSON, when it is over ``limits.INLINE_RESULT_BYTES``.
    data_file: OutputFile | None = None
    file: OutputFile | None = None
    #: Result files beside the main one.
    extra_files: tuple[OutputFile, ...] = ()
    #: What ran, for the result's meta.
    version: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """The run has no result."""

    code: FailureCode
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Times:
    """When a run began and ended, in UTC."""

    started: datetime
    finished: datetime

    @property
    def elapsed_ms(self) -> int:
        return max(0, round((self.finished - self.started).total_seconds() * 1000))


class StopKind(StrEnum):
    """Why a run is ended before it is done."""

    #: The record has it as final: no outcome is sent, the message is acked.
    CANCELLED = "cancelled"
    #: Another attempt holds the job, or may hold it soon: nothing is sent at all.
    LOST = "lost"
    #: The agent stops: the job is handed back.
    HANDED_BACK = "handed_back"
    #: It took too long: it fails.
    TIMEOUT = "timeout"


@dataclass(frozen=True, kw_only=True, slots=True)
class Stop:
    kind: StopKind
    reason: str
