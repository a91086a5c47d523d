"""What workers do: get a job, stream its output, hand in its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec
from aiohttp import web

from headrace_api.core.claims import Outcome, WorkerClaim
from headrace_api.core.core import Core
from headrace_api.core.errors import ForbiddenError, JobNotFoundError
from headrace_api.core.identity.principal import WorkerPrincipal
from headrace_api.core.output import storable
from headrace_api.dialects.jobserver import schemas
from headrace_api.dialects.jobserver.decode import body_of
from headrace_api.dialects.jobserver.encode import command_of, number, success
from headrace_api.dialects.jobserver.file_urls import FileUrls
from headrace_api.dialects.jobserver.guards import WORKER
from headrace_api.dialects.jobserver.ids import job_of, job_text
from headrace_api.dialects.jobserver.settings import JobserverSettings
from headrace_contracts.jobs.lane import private_pool
from headrace_contracts.messages.work import InputRef

GET_JOB: Final = "/api/jobs/get-job"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Task:
    """A job as its worker gets it."""

    id: UUID
    payload: bytes | msgspec.Raw
    input: InputRef | None
    timeout_s: float


class RunRoutes:
    """Each call is a sign of life of the worker."""

    def __init__(self, core: Core, settings: JobserverSettings, urls: FileUrls) -> None:
        self._core = core
        self._settings = settings
        self._urls = urls

    async def get_job(self, request: web.Request) -> web.StreamResponse:
        """``GET /api/jobs/get-job``: 204 when nothing waits.

        A worker has one job at a time. One that asks while it holds a job gets that job again: it has restarted, or
        never heard the answer, and nobody else would run the job.
        """
        worker = request[WORKER]
        task = await self._held(worker) or await self._next(worker)
        if task is None:
            return web.Response(status=204)
        command = command_of(task.payload)
        url = None if task.input is None else self._urls.absolute(request, task.input, GET_JOB)
        return success(
            {
                "job": {
                    "jobId": job_text(task.id),
                    "command": command.command,
                    "fileUrl": url,
                    "workingDirectory": command.working_directory,
                    "timeout": number(task.timeout_s),
                }
            }
        )

    async def stream_output(self, request: web.Request) -> web.StreamResponse:
        """``POST /api/jobs/stream-output``."""
        body = await body_of(
            request,
            schemas.OutputData,
            self._settings.patience,
            limit=self._settings.max_output_body_bytes,
        )
        claim = await self._core.claims.prove_as(job_of(body.job_id), request[WORKER])
        await self._core.output.append(claim, body.type, body.data)
        if body.progress is not None:
            await self._core.claims.progress(claim, body.progress)
        return success({"received": True})

    async def submit_result(self, request: web.Request) -> web.StreamResponse:
        """``POST /api/jobs/submit-result``: exit code 0 completes the job, any other one fails it."""
        worker = request[WORKER]
        body = await body_of(
            request, schemas.Result, self._settings.patience, limit=self._settings.max_output_body_bytes
        )
        if body.worker_id not in (None, worker.name):
            raise ForbiddenError("workerId is not the one that this token was given to")
        claim = await self._core.claims.prove_as(job_of(body.job_id), worker)
        view = await self._core.jobs.view(claim.id, worker.account_id)
        for stream, text in (("stdout", body.stdout), ("stderr", body.stderr)):
            if text:
                streamed = await self._core.output.read(
                    view, stream, limit=self._settings.max_output_body_bytes
                )
                await self._core.output.append(claim, stream, rest_of(storable(text), streamed.text))
        if body.exit_code == 0:
            result = msgspec.json.encode({"exit_code": 0})
            await self._core.claims.complete(claim, Outcome(result=result, exit_code=0))
        else:
            await self._core.claims.fail(claim, f"exit code {body.exit_code}", exit_code=body.exit_code)
        return success({"message": "Result saved", "jobId": job_text(claim.id)})

    async def _held(self, worker: WorkerPrincipal) -> _Task | None:
        """The oldest job that the worker holds already."""
        for job_id in await self._core.workers.held(worker):
            try:
                document = await self._core.jobs.document(job_id, worker.account_id)
            except JobNotFoundError:
                continue
            if document.job.held:
                view = document.job
                return _Task(id=view.id, payload=document.payload, input=view.input, timeout_s=view.timeout_s)
        return None

    async def _next(self, worker: WorkerPrincipal) -> _Task | None:
        job = await self._core.claims.claim_as(
            WorkerClaim(
                worker=worker,
                pools=[private_pool(worker.account_id)],
                lease_s=self._core.workers.lease_s,
            )
        )
        if job is None:
            return None
        return _Task(id=job.id, payload=job.payload, input=job.input, timeout_s=job.timeout_s)


def rest_of(final: str, streamed: str) -> str:
    """What of the final text is to be added to what was streamed before.

    Nothing when all of it was streamed (whole, or its end), the rest when the stream broke off, else all of it: no text
    is lost, and without a stream the final text is the output.
    """
    if streamed.endswith(final):
        return ""
    return final.removeprefix(streamed)
