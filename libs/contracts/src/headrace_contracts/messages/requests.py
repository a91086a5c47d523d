"""What the API asks of the dispatcher, by request and reply on core NATS (any dispatcher may answer)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from headrace_contracts.messages.codec import Message, Part
from headrace_contracts.messages.events import FailureCode, FileRef
from headrace_contracts.messages.work import InputRef


class ClaimRequest(Message, frozen=True, kw_only=True):
    """``dispatch.claim``: a REST agent asks for the most urgent job that it may run.

    Without ``models`` and ``pools`` it gets jobs of every pool that is open to all: those of the general models and an
    operator's own. With one of them, or both, it gets jobs of the pools that they name (a model has a pool of its own
    name), and runs whatever these pools hold.
    """

    agent: str
    #: Models that the agent runs; None = all.
    models: list[str] | None = None
    #: Platforms of the agent; None = all.
    platforms: list[str] | None = None
    #: How long the claim lasts without a sign of life, in seconds.
    lease_s: float
    #: Further pools that the agent serves. A private one (``jobs.lane``) is opened by its name here only.
    pools: list[str] | None = None
    #: This one job, if it waits and one of ``platforms`` fits; ``models`` and ``pools`` are then not looked at.
    job: UUID | None = None
    #: The registered worker that asks; its signs of life renew all its claims.
    worker: UUID | None = None
    #: False leaves the job CLAIMED until the agent says that it runs.
    start: bool = True
    #: SHA-256 of the claim token, in hex: the token itself stays between the API and the agent.
    token_hash: str


class ClaimedJob(Part, frozen=True, kw_only=True):
    id: UUID
    fence: int
    model: str
    priority: int
    attempt: int
    payload: msgspec.Raw
    input: InputRef | None = None
    timeout_s: float = 0
    created_at: datetime


class Answer(StrEnum):
    """What became of a request about one job."""

    OK = "ok"
    NOT_FOUND = "not_found"
    #: The token is not the current attempt's.
    FORBIDDEN = "forbidden"
    #: The job is not in a state in which this can be done.
    INVALID_STATE = "invalid_state"
    #: The record keeps no more of the job's output: it goes to S3, and its place is reported.
    FULL = "full"
    #: The record or JetStream is away; nothing was changed.
    UNAVAILABLE = "unavailable"


class ClaimReply(Message, frozen=True, kw_only=True):
    job: ClaimedJob | None = None
    #: Set when ``job`` was named and could not be given: NOT_FOUND, or INVALID_STATE with its state.
    answer: Answer | None = None
    state: str = ""
    error: str | None = None


class ReportKind(StrEnum):
    STARTED = "started"
    ALIVE = "alive"
    COMPLETED = "completed"
    FAILED = "failed"
    HANDED_BACK = "handed_back"
    #: Lines of output: ``stream`` and ``text``. Where they lie in S3: ``ref`` with ``size``, and the ``text`` is only
    #: told to those who watch.
    OUTPUT = "output"
    #: ``percent``, and a sentence in ``text``.
    PROGRESS = "progress"


class ReportRequest(Message, frozen=True, kw_only=True):
    """``dispatch.report``: what the holder of a claim says of it. ``token_hash`` must be the current attempt's."""

    id: UUID
    token_hash: str
    kind: ReportKind
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    result_ref: str | None = None
    file: FileRef | None = None
    meta: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    extra_files: list[FileRef] = msgspec.field(default_factory=list)
    #: Of a command.
    exit_code: int | None = None
    reason: str = ""
    code: FailureCode = FailureCode.HANDLER
    stream: str = "stdout"
    text: str = ""
    ref: str | None = None
    size: int = 0
    percent: float = 0
    trace: str | None = None


class WorkerRequest(Message, frozen=True, kw_only=True):
    """``dispatch.worker``: a sign of life of a registered worker, or its end; all its claims are renewed or lost."""

    worker: UUID
    gone: bool = False
    reason: str = ""


class ApproveRequest(Message, frozen=True, kw_only=True):
    """``dispatch.approve``: a staged job may be published (INVALID_STATE when it is not staged)."""

    id: UUID


class ScheduleRequest(Message, frozen=True, kw_only=True):
    """``dispatch.schedule``: set or take away a job's time. UNSET stays as it is; None = as soon as possible."""

    id: UUID
    #: Not run before: of a job that is scheduled or queued.
    run_at: datetime | msgspec.UnsetType | None = msgspec.UNSET
    #: Not published before: of a job that is not final and has a publication that has not begun, or none at all.
    publish_at: datetime | msgspec.UnsetType | None = msgspec.UNSET


class CancelRequest(Message, frozen=True, kw_only=True):
    """``dispatch.cancel``."""

    id: UUID
    reason: str = "cancelled by the client"


class PoolRequest(Message, frozen=True, kw_only=True):
    """``dispatch.pool``: jobs of a pool do not start for now, or do again; those that run go on (ADR 0024).

    Asking for what is so already changes the reason and is answered OK as well.
    """

    pool: str
    paused: bool
    #: Shown to those whose jobs wait.
    reason: str = ""


class DrainRequest(Message, frozen=True, kw_only=True):
    """``dispatch.drain``: the agents of a name take no more jobs, or do again; what they run goes on. Answered OK.

    The name need not be known: an agent that comes later under it is drained as well.
    """

    agent: str
    drained: bool
    reason: str = ""


class MoveRequest(Message, frozen=True, kw_only=True):
    """``dispatch.move``: a job that waits goes on waiting in another class (INVALID_STATE when it does not wait)."""

    id: UUID
    #: ``jobs.priority.Priority``, 0..3.
    priority: Annotated[int, msgspec.Meta(ge=0, le=3)]


class AnswerReply(Message, frozen=True, kw_only=True):
    answer: Answer
    #: The job's state after the call, where the job exists.
    state: str = ""
    #: When the job reached it (finished_at for final states).
    at: datetime | None = None
    #: Of OUTPUT: how many bytes of output the record still keeps of the job.
    output_left: int | None = None
    error: str | None = None
