"""Machines: they register and check in; users see them and let them go."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.core.errors import ForbiddenError, NotFoundError
from headrace_api.dialects.jobserver import schemas
from headrace_api.dialects.jobserver.decode import NAME, WORKER_SORTS, body_of, page_of, words_of
from headrace_api.dialects.jobserver.encode import iso, listing, success, worker_entry
from headrace_api.dialects.jobserver.guards import ACCOUNT, WORKER, Gate, user_token
from headrace_api.dialects.jobserver.ids import job_of
from headrace_api.dialects.jobserver.settings import JobserverSettings
from headrace_contracts.jobs.lane import ANY_PLATFORM
from headrace_store.accounts.workers import PRESENCES, NewWorker, WorkerQuery

_TOKEN_PREFIX = "jw_"  # noqa: S105 -- what a token begins with, no token


class WorkerRoutes:
    """A worker's id is the one that it chose, and is unique in its account."""

    def __init__(self, core: Core, settings: JobserverSettings, gate: Gate) -> None:
        self._core = core
        self._settings = settings
        self._gate = gate

    async def register(self, request: web.Request) -> web.StreamResponse:
        """``POST /api/workers/register``: by an admin, or by anybody where the site is open."""
        account_id = await self._registrar(request)
        body = await body_of(request, schemas.Register, self._settings.patience)
        worker, token = await self._core.workers.register(
            NewWorker(
                account_id=account_id,
                dialect=NAME,
                name=body.worker_id,
                platform=ANY_PLATFORM,
                token_prefix=_TOKEN_PREFIX,
                hostname=body.hostname,
                cpu_count=body.cpu_count,
                memory_mb=body.total_memory_mb,
                metadata=body.metadata,
                tags=body.tags,
            )
        )
        return success(
            {"workerId": worker.name, "token": token, "registeredAt": iso(worker.registered_at)}, status=201
        )

    async def _registrar(self, request: web.Request) -> UUID:
        """Whose the worker will be. Credentials that are given must be good, also where none are needed."""
        open_account = self._settings.open_registration_account
        if open_account is not None and user_token(request) is None:
            return open_account
        return await self._gate.enter_admin(request)

    async def heartbeat(self, request: web.Request) -> web.StreamResponse:
        """``POST /api/workers/heartbeat``: also tells the worker of a job that it need not go on with."""
        worker = request[WORKER]
        body = await body_of(request, schemas.Heartbeat, self._settings.patience)
        if body.worker_id not in (None, worker.name):
            raise ForbiddenError("workerId is not the one that this token was given to")
        await self._core.workers.heartbeat(worker, body.status, body.jobs_completed)
        answer: dict[str, Any] = {
            "serverTime": iso(datetime.now(UTC)),
            "nextCheckIn": round(self._core.workers.check_in_s * 1000),
        }
        if body.current_job_id and job_of(body.current_job_id) not in await self._core.workers.held(worker):
            answer["stopJobId"] = body.current_job_id  # ours: cancelled, over its time, or given to another
        return success(answer)

    async def list(self, request: web.Request) -> web.StreamResponse:
        """``GET /api/workers/list``."""
        page = page_of(request, WORKER_SORTS, "registeredAt")
        found = await self._core.workers.listed(
            WorkerQuery(
                account_id=request[ACCOUNT],
                dialect=NAME,
                presences=words_of(request, "status", PRESENCES) or None,
                tags=words_of(request, "tags"),
                sort=page.sort,
                descending=page.descending,
                limit=page.limit,
                offset=page.offset,
            )
        )
        return listing("workers", [worker_entry(worker) for worker in found.workers], page, total=found.total)

    async def get(self, request: web.Request) -> web.StreamResponse:
        """``GET /api/workers/:workerId``."""
        worker = await self._core.workers.get(request[ACCOUNT], name=_named(request))
        return success({"worker": worker_entry(worker, whole=True)})

    async def delete(self, request: web.Request) -> web.StreamResponse:
        """``DELETE /api/workers/:workerId``: its token is dead, its job waits again, its id is free."""
        await self._core.workers.delete(request[ACCOUNT], name=_named(request))
        return success({"message": "Worker unregistered"})


def _named(request: web.Request) -> str:
    """The worker in the path. Raises NotFoundError for a name that none can have."""
    name = request.match_info["workerId"]
    if "\x00" in name:
        raise NotFoundError("worker")
    return name
