"""Users submit command jobs, look at them and cancel them."""

from __future__ import annotations

from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.core.errors import Problem, ValidationError
from headrace_api.core.submit import SubmitJob, checked_payload
from headrace_api.dialects.jobserver import schemas
from headrace_api.dialects.jobserver.decode import (
    JOB_SORTS,
    MODEL,
    NAME,
    body_of,
    page_of,
    states_of,
    text_of,
)
from headrace_api.dialects.jobserver.encode import job_entry, job_status, listing, submitted, success
from headrace_api.dialects.jobserver.file_urls import FileUrls
from headrace_api.dialects.jobserver.guards import ACCOUNT
from headrace_api.dialects.jobserver.ids import job_of, job_text
from headrace_api.dialects.jobserver.settings import JobserverSettings
from headrace_api.http.idempotency import idempotency_key
from headrace_contracts.ids import new_id
from headrace_contracts.jobs.lane import Lane, private_pool
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
        expected = await self._core.estimates.expect_next(lane, account_id)
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
        return success({"job": job_status(view, stdout, stderr, await self._core.why.of(view))})

    async def list(self, request: web.Request) -> web.StreamResponse:
        """``GET /api/jobs/list``: the account's command jobs, whichever dialect they came by."""
        page = page_of(request, JOB_SORTS, "-createdAt")
        found = await self._core.jobs.find(
            JobQuery(
                account_id=request[ACCOUNT],
                models=[MODEL],
                states=states_of(request),
                agent=text_of(request, "workerId"),
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
