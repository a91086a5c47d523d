"""Users submit command jobs, look at them and cancel them."""

from __future__ import annotations

import math
from uuid import UUID

from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.core.errors import Problem, ValidationError
from headrace_api.core.submit import SubmitJob, checked_payload
from headrace_api.core.waiting import WaitingReason
from headrace_api.dialects.jobserver import schemas
from headrace_api.dialects.jobserver.decode import JOB_SORTS, MODEL, NAME, body_of, page_of, states_of
from headrace_api.dialects.jobserver.encode import job_entry, job_status, listing, submitted, success
from headrace_api.dialects.jobserver.file_urls import FileUrls
from headrace_api.dialects.jobserver.guards import ACCOUNT
from headrace_api.dialects.jobserver.ids import job_of, job_text
from headrace_api.dialects.jobserver.settings import JobserverSettings
from headrace_api.http.idempotency import idempotency_key
from headrace_contracts.ids import new_id
from headrace_contracts.jobs.lane import Lane, private_pool
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobView
from headrace_store.accounts.workers import ONLINE, WorkerQuery
from headrace_store.jobs.find import JobQuery


class JobRoutes:
    """Command jobs run on workers of their own account only."""

    def __init__(self, core: Core, settings: JobserverSettings, urls: FileUrls) -> None:
        self._core = core
        self._settings = settings
        self._urls = urls

    async def submit(self, request: web.Request) -> web.StreamResponse:
        """``POST /api/jobs/submit``."""
        key = idempotency_key(request)
        body = await body_of(request, schemas.Submit, self._settings.patience)
        account_id = request[ACCOUNT]
        model = self._core.catalogue.find(MODEL)
        payload = {"command": body.command}
        if body.working_directory:
            payload["working_directory"] = body.working_directory
        command = SubmitJob(
            id=new_id(),
            dialect=NAME,
            account_id=account_id,
            model=model,
            payload=checked_payload(model, payload),
            priority=body.priority,
            pool=private_pool(account_id),
            timeout_s=body.timeout,
            trace=self._core.tracing.inject(),
        )
        if body.file_url:
            file = await self._urls.file_of(request, body.file_url)
            command = command.with_input(file.input)
        lane = Lane(command.platform, private_pool(account_id), command.priority)
        expected = await self._core.estimates.expect_next(lane, lambda: self._workers(account_id))
        (job,) = await self._core.submissions.submit([command], key=key)
        return success(submitted(job, None if expected is None else expected.wait_s), status=201)

    async def status(self, request: web.Request) -> web.StreamResponse:
        """``GET /api/jobs/status?jobId=``."""
        text = request.query.get("jobId")
        if not text:
            raise ValidationError([Problem("jobId", "is required")])
        view = await self._core.jobs.view(job_of(text), request[ACCOUNT])
        limit = self._settings.max_shown_bytes
        stdout = await self._core.output.read(view, "stdout", limit=limit)
        stderr = await self._core.output.read(view, "stderr", limit=limit)
        return success({"job": job_status(view, stdout, stderr, await self._waiting(request, view))})

    async def list(self, request: web.Request) -> web.StreamResponse:
        """``GET /api/jobs/list``: the account's command jobs, whichever dialect they came by."""
        page = page_of(request, JOB_SORTS, "-createdAt")
        found = await self._core.jobs.find(
            JobQuery(
                account_id=request[ACCOUNT],
                models=[MODEL],
                states=states_of(request),
                agent=request.query.get("workerId") or None,
                sort=page.sort,
                descending=page.descending,
                limit=page.limit,
                offset=page.offset,
                payloads=True,
            )
        )
        entries = [job_entry(view, found.payloads[view.id]) for view in found.jobs]
        return listing("jobs", entries, page, total=found.total or 0)

    async def cancel(self, request: web.Request) -> web.StreamResponse:
        """``POST /api/jobs/cancel``, ours."""
        body = await body_of(request, schemas.Cancel, self._settings.patience)
        cancelled = await self._core.jobs.cancel(job_of(body.job_id), request[ACCOUNT])
        return success({"message": "Job cancelled", "jobId": job_text(cancelled.id), "status": "cancelled"})

    async def _waiting(self, request: web.Request, view: JobView) -> WaitingReason | None:
        if view.state is not JobState.QUEUED:
            return None
        expected = await self._core.estimates.expect(
            view.lane,
            job_id=view.id,
            workers=await self._workers(request[ACCOUNT]),
        )
        if not expected.servers:
            return WaitingReason(code="NO_WORKER_ONLINE", message="No worker of this account is online.")
        if expected.wait_s == 0:
            return None
        about = "" if expected.wait_s is None else f", in about {math.ceil(expected.wait_s)} s"
        return WaitingReason(
            code="WORKERS_BUSY", message=f"All workers are busy; {expected.ahead} jobs go first{about}."
        )

    async def _workers(self, account_id: UUID) -> int:
        """The account's workers that are online: its commands run on no other machine."""
        found = await self._core.workers.listed(
            WorkerQuery(account_id=account_id, dialect=NAME, presences=[ONLINE], limit=0)
        )
        return found.total
