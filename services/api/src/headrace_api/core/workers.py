"""Machines that work over REST under an account: registered, seen, listed, let go (auralis, jobserver)."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Protocol
from uuid import UUID

from headrace_api.core.errors import (
    NotFoundError,
    Problem,
    UnauthorizedError,
    UnavailableError,
    ValidationError,
)
from headrace_api.core.identity.principal import WorkerPrincipal
from headrace_contracts.messages.requests import AnswerReply, WorkerRequest
from headrace_store.accounts.workers import (
    PRESENCES,
    SORT_KEYS,
    NewWorker,
    Worker,
    WorkerPage,
    WorkerQuery,
)

log = logging.getLogger(__name__)

#: A worker that was silent for so many check-ins is offline.
SILENT_CHECK_INS = 3
MAX_PAGE = 1000


class WorkerRecord(Protocol):
    """The workers' rows. Raises UnavailableError while the record is away."""

    async def register(self, new: NewWorker) -> tuple[UUID, str, datetime]:
        """Raises ConflictError for a name that is taken."""
        ...

    async def seen(self, worker_id: UUID) -> None: ...

    async def heartbeat(self, worker_id: UUID, status: str, jobs_completed: int | None) -> bool: ...

    async def get(
        self, account_id: UUID, *, worker_id: UUID | None = None, name: str | None = None
    ) -> Worker | None: ...

    async def listed(self, query: WorkerQuery) -> WorkerPage: ...

    async def held(self, worker_id: UUID) -> list[UUID]: ...

    async def delete(self, account_id: UUID, worker_id: UUID) -> bool: ...


class WorkerDispatch(Protocol):
    """The dispatcher renews or takes back a worker's claims. Raises UnavailableError when none answers."""

    async def worker(self, request: WorkerRequest) -> AnswerReply: ...


class WorkerDesk:
    """The account's and the machine's side of a worker."""

    def __init__(self, record: WorkerRecord, dispatcher: WorkerDispatch, *, check_in_s: float = 30.0) -> None:
        self._record = record
        self._dispatcher = dispatcher
        self.check_in_s = check_in_s

    @property
    def lease_s(self) -> float:
        """How long a claim of a worker that checks in lasts without a sign of life, in seconds."""
        return SILENT_CHECK_INS * self.check_in_s

    async def register(self, new: NewWorker) -> tuple[Worker, str]:
        """A new worker and the one copy of its token.

        Raises ConflictError when a jobserver's worker of this name is registered in the account.
        """
        worker_id, token, _ = await self._record.register(new)
        return await self.get(new.account_id, worker_id=worker_id), token

    async def heartbeat(
        self, worker: WorkerPrincipal, status: str, jobs_completed: int | None = None
    ) -> None:
        """What the machine says of itself; its claims are renewed.

        Raises UnauthorizedError when it was deleted a moment ago.
        """
        if not await self._record.heartbeat(worker.worker_id, status, jobs_completed):
            raise UnauthorizedError("Unknown worker token")
        await self._renew(worker)

    async def alive(self, worker: WorkerPrincipal) -> None:
        """A sign of life by any other call: the worker is online, and its claims are renewed."""
        await self._record.seen(worker.worker_id)
        await self._renew(worker)

    async def get(
        self, account_id: UUID, *, worker_id: UUID | None = None, name: str | None = None
    ) -> Worker:
        """By id, or a jobserver's worker by its name. Raises NotFoundError, also for another account's."""
        worker = await self._record.get(account_id, worker_id=worker_id, name=name)
        if worker is None:
            raise NotFoundError("worker")
        return worker

    async def listed(self, query: WorkerQuery) -> WorkerPage:
        """Raises ValidationError for a filter or a sort key that there is not."""
        problems = [
            Problem("status", f"must be one of {', '.join(PRESENCES)}")
            for presence in query.presences or ()
            if presence not in PRESENCES
        ]
        if query.sort not in SORT_KEYS:
            problems.append(Problem("sort", f"must be one of {', '.join(SORT_KEYS)}"))
        if not 0 <= query.limit <= MAX_PAGE:
            problems.append(Problem("limit", f"must be 0 to {MAX_PAGE}"))
        if query.offset < 0:
            problems.append(Problem("offset", "must be 0 or more"))
        if problems:
            raise ValidationError(problems)
        return await self._record.listed(query)

    async def held(self, worker: WorkerPrincipal) -> list[UUID]:
        """The jobs that it holds."""
        return await self._record.held(worker.worker_id)

    async def delete(
        self, account_id: UUID, *, worker_id: UUID | None = None, name: str | None = None
    ) -> Worker:
        """Its token is dead at once, and its jobs wait again. Raises NotFoundError."""
        worker = await self.get(account_id, worker_id=worker_id, name=name)
        if not await self._record.delete(account_id, worker.id):
            raise NotFoundError("worker")
        try:
            await self._dispatcher.worker(
                WorkerRequest(worker=worker.id, gone=True, reason="the worker was deleted")
            )
        except UnavailableError as error:
            # Nobody renews its claims any more: they lapse.
            log.warning("a deleted worker's claims lapse later: %s", error, extra={"action": "worker.away"})
        return worker

    async def _renew(self, worker: WorkerPrincipal) -> None:
        try:
            await self._dispatcher.worker(WorkerRequest(worker=worker.worker_id))
        except UnavailableError as error:
            # Without a dispatcher no claim lapses, either.
            log.warning("a worker's claims were not renewed: %s", error, extra={"action": "worker.away"})
