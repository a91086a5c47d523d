"""What the worker's command line calls (seed 000, «Worker Endpoints»)."""

from __future__ import annotations

from aiohttp import web

from headrace_api.core.claims import Claim, Outcome, WorkerClaim
from headrace_api.core.core import Core
from headrace_api.core.errors import (
    BadRequestError,
    JobNotFoundError,
    NoFileError,
    NoInputError,
    WrongStateError,
)
from headrace_api.core.identity.principal import WorkerPrincipal
from headrace_api.dialects.auralis import decode
from headrace_api.dialects.auralis.encode import claimed, offer, s3_url, success
from headrace_api.dialects.auralis.guards import NAME, Callers, given_user_id
from headrace_api.dialects.auralis.settings import AuralisSettings
from headrace_api.dialects.auralis.words import DEFAULT_PLATFORM, STATUS, Status, shown_platform
from headrace_api.http.body import BodyReader
from headrace_api.http.files import StoredFile, send_file
from headrace_api.http.multipart import parts
from headrace_api.http.responses import json_response
from headrace_contracts.jobs.state import HELD, JobState
from headrace_contracts.jobs.view import JobView
from headrace_contracts.messages.events import FileRef
from headrace_store.accounts.workers import NewWorker

_TOKEN_PREFIX = "aw_"  # noqa: S105 -- how every such token begins
_SAID: dict[Status, JobState] = {
    Status.RUNNING: JobState.RUNNING,
    Status.COMPLETED: JobState.COMPLETED,
    Status.FAILED: JobState.FAILED,
}


class WorkerRoutes:
    """Each call with a worker's token renews its claims."""

    def __init__(self, core: Core, settings: AuralisSettings) -> None:
        self._core = core
        self._settings = settings
        self._callers = Callers(core)

    async def register(self, request: web.Request) -> web.StreamResponse:
        """``POST /api/worker/register``: the one answer that shows the token."""
        in_query = given_user_id(request) is not None
        user = await self._callers.user(request) if in_query else None
        values = await decode.fields(request, self._settings.patience)
        if user is None:
            user = await self._callers.user(request, decode.text(values, "user_id"))
        platform = decode.platform(decode.text(values, "platform"), DEFAULT_PLATFORM) or DEFAULT_PLATFORM
        worker, token = await self._core.workers.register(
            NewWorker(
                account_id=user.account_id,
                dialect=NAME,
                name=decode.worker_name(values),
                platform=platform,
                token_prefix=_TOKEN_PREFIX,
            )
        )
        return json_response(
            {
                "worker_id": str(worker.id),
                "token": token,
                "name": worker.name,
                "platform": shown_platform(worker.platform),
            }
        )

    async def available(self, request: web.Request) -> web.StreamResponse:
        """``GET /api/worker/jobs/available``: the most urgent first, then the oldest."""
        worker = await self._callers.worker(request)
        return json_response([offer(job) for job in await self._core.market.available(worker)])

    async def claim(self, request: web.Request) -> web.StreamResponse:
        """``POST /api/worker/job/{job_id}/claim``: this one job, through the dispatcher, or 409."""
        worker = await self._callers.worker(request)
        view = await self._core.market.check(decode.job_id(request), worker)
        if view.state is not JobState.QUEUED:
            raise WrongStateError(_not_pending(view.state))
        try:
            job = await self._core.claims.claim_as(WorkerClaim(worker=worker, job_id=view.id, start=False))
        except WrongStateError as error:
            raise WrongStateError(_not_pending(JobState(str(error)))) from None
        if job is None:
            raise WrongStateError("The job can't be claimed at the moment")
        return success("Job claimed", job_id=str(job.id), job=claimed(job, view, self._settings.bucket))

    async def status(self, request: web.Request) -> web.StreamResponse:
        """``POST /api/worker/job/{job_id}/status``: RUNNING, COMPLETED, or FAILED with ``error``."""
        worker = await self._callers.worker(request)
        values = await decode.fields(request, self._settings.patience)
        said = decode.status(values)
        view = await self._core.market.held(decode.job_id(request), worker)
        if view.state is not _SAID[said] or view.state in HELD:  # to say RUNNING again is a sign of life
            await self._say(view, worker, said, decode.reason(values))
        return success("Job status updated", job_id=str(view.id), job_status=said)

    async def _say(self, view: JobView, worker: WorkerPrincipal, said: Status, reason: str) -> None:
        claim = await self._held(view, worker)
        if said is Status.RUNNING:
            await self._core.claims.start(claim)
        elif said is Status.FAILED:
            await self._core.claims.fail(claim, reason)
        else:
            await self._core.claims.complete(claim, Outcome(file=await self._core.handed_in.file_of(claim)))

    async def output(self, request: web.Request) -> web.StreamResponse:
        """``POST /api/worker/job/{job_id}/output``, ours: the output, before COMPLETED; a second one replaces it."""
        worker = await self._callers.worker(request)
        claim = await self._held(await self._core.market.held(decode.job_id(request), worker), worker)
        if decode.media_type(request) != "multipart/form-data":
            raise BadRequestError("Content-Type must be multipart/form-data, with the output as field 'file'")
        BodyReader(request, self._settings.patience).check_length(self._settings.max_output_bytes + 64 * 1024)
        async with self._core.claims.renewing(claim):
            file = await self._receive(request, claim)
        return success(
            "Output received", job_id=str(claim.id), output_url=s3_url(self._settings.bucket, file.key)
        )

    async def _receive(self, request: web.Request, claim: Claim) -> FileRef:
        file: FileRef | None = None
        async for part in parts(request, BodyReader(request, self._settings.patience)):
            if part.name != "file":
                await part.bytes(decode.FIELD_BYTES)
                continue
            if file is not None:
                raise BadRequestError("Send one file only: field 'file' stands twice")
            file = await self._core.handed_in.receive(
                claim,
                part.chunks(),
                filename=part.filename,
                content_type=part.content_type,
                max_bytes=self._settings.max_output_bytes,
            )
        if file is None:
            raise BadRequestError("Field 'file' is required: the output")
        return file

    async def get_input(self, request: web.Request) -> web.StreamResponse:
        """``GET /api/worker/job/{job_id}/input``, ours: the project."""
        worker = await self._callers.worker(request)
        claim = await self._held(await self._core.market.held(decode.job_id(request), worker), worker)
        if claim.input is None:
            raise NoInputError("The job has no input")
        source = claim.input
        stored = StoredFile(key=source.key, name=source.name, mime=source.mime, size=source.size)
        async with self._core.claims.renewing(claim):
            try:
                return await send_file(
                    request, stored, self._core.results.open, write_timeout_s=self._settings.write_timeout_s
                )
            except NoFileError:
                raise NoInputError("The job's input is gone") from None

    async def _held(self, view: JobView, worker: WorkerPrincipal) -> Claim:
        """The worker's claim. Raises WrongStateError when the job has ended, JobNotFoundError when it was lost."""
        if view.final or view.state is JobState.STAGED:
            raise WrongStateError(f"The job is {STATUS[view.state]} already")
        if view.state not in HELD:
            raise JobNotFoundError("Job not found")
        return await self._core.claims.prove_as(view.id, worker)


def _not_pending(state: JobState) -> str:
    return f"The job is {STATUS[state]}; only a job that is PENDING and due can be claimed"
