"""``dispatch.start``: JetStream agents ask before they run what they have fetched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol
from uuid import UUID

from headrace_contracts.jobs.lane import Lane
from headrace_contracts.keys import result_file_key, safe_filename
from headrace_contracts.messages.agents import (
    Attempt,
    Started,
    StartReply,
    StartRequest,
    UploadReply,
    UploadRequest,
    Verdict,
)
from headrace_contracts.messages.changes import Change
from headrace_dispatcher.claims.admission import Admission
from headrace_dispatcher.recorder.decide import StartDecision
from headrace_dispatcher.store.attempts import AttemptStore
from headrace_dispatcher.store.rows import StartedRow

#: How long a presigned URL is good for: long enough for a large file on a slow line.
_URL_S = 3600


class Presigner(Protocol):
    """Makes URLs with which an agent reaches one object without credentials."""

    async def presign_get(self, key: str, *, filename: str | None = None, expires_s: int = 3600) -> str: ...

    async def presign_put(self, key: str, *, mime: str, expires_s: int = 3600) -> str: ...


class Aftermath(Protocol):
    """Who wants to know that jobs have started."""

    def freed(self, lanes: Sequence[Lane]) -> None: ...

    def tell(self, changes: Iterable[Change]) -> None: ...


class StartService:
    """Starts and result uploads of JetStream agents."""

    def __init__(
        self, attempts: AttemptStore, admission: Admission, presigner: Presigner, aftermath: Aftermath
    ) -> None:
        self._attempts = attempts
        self._admission = admission
        self._presigner = presigner
        self._aftermath = aftermath

    async def start(self, request: StartRequest) -> StartReply:
        """Record the start of every job that may start, in one statement for the common case."""
        rows = await self._start(request.jobs, request)
        answers = []
        for job in request.jobs:
            row = rows.get(job.id)
            answers.append(await (self._go(job, row) if row is not None else self._look(job, request)))
        self._aftermath.freed(list({row.lane for row in rows.values()}))
        return StartReply(jobs=answers)

    async def _start(self, jobs: Sequence[Attempt], request: StartRequest) -> dict[UUID, StartedRow]:
        rows = await self._attempts.start(jobs, request.agent, request.instance)
        self._aftermath.tell(row.change for row in rows.values() if row.change is not None)
        return rows

    async def _go(self, job: Attempt, row: StartedRow) -> Started:
        url = None
        if row.input_key is not None:
            url = await self._presigner.presign_get(row.input_key, filename=row.input_name, expires_s=_URL_S)
        return Started(id=job.id, fence=job.fence, verdict=Verdict.GO, attempt=row.attempt, input_url=url)

    async def _look(self, job: Attempt, request: StartRequest) -> Started:
        decision = await self._admission.decide(job, request.instance)
        if decision is StartDecision.GO:
            row = (await self._start([job], request)).get(job.id)
        elif decision is StartDecision.ALREADY_OURS:
            row = await self._attempts.started(job.id, job.fence)
        else:
            row = None
        if row is not None:
            return await self._go(job, row)
        return Started(id=job.id, fence=job.fence, verdict=Verdict.DROP, reason=decision.name.lower())

    async def upload(self, request: UploadRequest) -> UploadReply:
        """A place for a result file, if the attempt is the current one."""
        row = await self._attempts.started(request.id, request.fence)
        if row is None:
            return UploadReply(error="this attempt is not the current one")
        # The large JSON result has a reserved name that safe_filename would change.
        name = request.filename if request.filename == ".data.json" else safe_filename(request.filename)
        key = result_file_key(request.id, request.fence, name)
        url = await self._presigner.presign_put(key, mime=request.mime, expires_s=_URL_S)
        return UploadReply(url=url, key=key)
