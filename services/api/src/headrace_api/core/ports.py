"""What the use cases need from outside."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol
from uuid import UUID

from headrace_contracts.jobs.view import JobDocument, JobView
from headrace_contracts.messages.requests import (
    AnswerReply,
    ApproveRequest,
    CancelRequest,
    ClaimReply,
    ClaimRequest,
    DrainRequest,
    MoveRequest,
    PoolRequest,
    ReportRequest,
    ScheduleRequest,
    WorkerRequest,
)
from headrace_store.blobs.s3 import BlobHead
from headrace_store.jobs.find import JobPage, JobQuery, OutputChunk, PastAttempt, Publication
from headrace_store.jobs.read import Holder
from headrace_store.jobs.submit import NewJob
from headrace_store.jobs.unit import Extras, Repeated, Unit


class Jobs(Protocol):
    """Reads of the record. Raises UnavailableError while it is away."""

    async def view(self, job_id: UUID) -> JobView | None: ...

    async def document(self, job_id: UUID) -> JobDocument | None: ...

    async def recent(self, account_id: UUID, limit: int) -> list[JobView]: ...

    async def find(self, query: JobQuery) -> JobPage: ...

    async def output(
        self, job_id: UUID, *, stream: str | None, after: int, limit: int
    ) -> list[OutputChunk]: ...

    async def publications(self, job_id: UUID) -> list[Publication]: ...

    async def attempts(self, job_id: UUID) -> list[PastAttempt]: ...

    async def holder(self, job_id: UUID) -> Holder | None: ...


class InsertJobs(Protocol):
    """Commits all jobs, with what some of them have beside them, or none; safe to repeat.

    Raises TooFewCreditsError, QuotaReachedError, LetterSettledError.
    """

    async def __call__(self, jobs: Sequence[NewJob], extras: Sequence[Extras]) -> None: ...


class SubmitUnits(Protocol):
    """Commits the unit or nothing; returns what its key stood for already.

    Raises TooFewCreditsError, QuotaReachedError, LetterSettledError.
    """

    async def __call__(self, unit: Unit) -> Repeated | None: ...


class RingQueued(Protocol):
    """Tells the dispatchers that these lanes have new jobs. Never raises: a lost bell is harmless."""

    async def __call__(self, lanes: Iterable[str]) -> None: ...


class Dispatcher(Protocol):
    """The one writer of job state. Raises UnavailableError when no dispatcher answers in time."""

    async def claim(self, request: ClaimRequest) -> ClaimReply: ...

    async def report(self, request: ReportRequest) -> AnswerReply: ...

    async def cancel(self, request: CancelRequest) -> AnswerReply: ...

    async def approve(self, request: ApproveRequest) -> AnswerReply: ...

    async def schedule(self, request: ScheduleRequest) -> AnswerReply: ...

    async def worker(self, request: WorkerRequest) -> AnswerReply: ...

    async def move(self, request: MoveRequest) -> AnswerReply: ...

    async def pool(self, request: PoolRequest) -> AnswerReply: ...

    async def drain(self, request: DrainRequest) -> AnswerReply: ...


class ByteWriter(Protocol):
    """An object that appears whole on ``finish``, or not at all."""

    async def write(self, data: bytes) -> None: ...

    async def finish(self, *, mime: str | None = None) -> int: ...

    async def abort(self) -> None: ...


class ByteStream(Protocol):
    @property
    def size(self) -> int: ...

    @property
    def chunks(self) -> AsyncIterator[bytes]: ...


class BlobStore(Protocol):
    """Bytes by key. Raises the errors of ``headrace_store.blobs.errors``."""

    async def put(self, key: str, data: bytes, mime: str) -> None: ...

    def writer(self, key: str, mime: str) -> ByteWriter: ...

    def open(
        self, key: str, *, start: int | None = None, end: int | None = None
    ) -> AbstractAsyncContextManager[ByteStream]: ...

    async def get(self, key: str, *, limit: int) -> bytes: ...

    async def head(self, key: str) -> BlobHead | None: ...

    async def copy(self, source: str, target: str) -> None: ...

    async def delete(self, key: str) -> None: ...

    async def presign_get(self, key: str, *, filename: str | None = None, expires_s: int = 3600) -> str: ...

    async def presign_put(self, key: str, *, mime: str, expires_s: int = 3600) -> str: ...


class AgentTokens(Protocol):
    """The hashes of the agents' bearer tokens that are not revoked."""

    async def __call__(self) -> frozenset[bytes]: ...
