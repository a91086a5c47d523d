"""Agents that speak REST: claim a job, prove the claim, hand in what came of it (DESIGN «Claims over REST»)."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from headrace_api.core.errors import (
    CoreError,
    JobNotFoundError,
    UnavailableError,
    WrongStateError,
    WrongTokenError,
)
from headrace_api.core.identity.principal import WorkerPrincipal
from headrace_api.core.jobs import refuse
from headrace_api.core.ports import Dispatcher, Jobs
from headrace_contracts.catalogue.registry import get
from headrace_contracts.ids import hash_token, new_token
from headrace_contracts.jobs.state import HELD
from headrace_contracts.messages.events import FailureCode, FileRef
from headrace_contracts.messages.requests import (
    AnswerReply,
    ClaimedJob,
    ClaimRequest,
    ReportKind,
    ReportRequest,
)
from headrace_contracts.messages.work import InputRef
from headrace_runtime.tasks import cancelled

log = logging.getLogger(__name__)

_REMEMBERED = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimNext:
    """An agent asks for the most urgent job that it may run. None = any model, any platform."""

    agent: str
    models: Sequence[str] | None = None
    platforms: Sequence[str] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerClaim:
    """A registered worker asks for a job of its pools, or for one by its id. Its own token proves the claim."""

    worker: WorkerPrincipal
    pools: Sequence[str] | None = None
    job_id: UUID | None = None
    #: None = the worker's own and ``any``.
    platforms: Sequence[str] | None = None
    #: How long the claim lasts without a sign of life of the worker, in seconds; None = the site's.
    lease_s: float | None = None
    #: False leaves the job CLAIMED until the worker says that it runs.
    start: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Claimed:
    job: ClaimedJob
    #: The one copy of the claim's secret: the record has its hash.
    token: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A claim whose token was found good."""

    id: UUID
    token_hash: str
    #: The fencing token of the attempt.
    fence: int
    #: Whether the result will be exported as ``results/<id>/result.json``.
    export: bool
    input: InputRef | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What an attempt ended with; ``result`` and ``meta`` are JSON text that has been checked."""

    result: bytes | None = None
    result_ref: str | None = None
    file: FileRef | None = None
    meta: bytes | None = None
    #: Of a command.
    exit_code: int | None = None


class Claims:
    """The agent's side of a job."""

    def __init__(self, jobs: Jobs, dispatcher: Dispatcher, *, lease_s: float) -> None:
        self._jobs = jobs
        self._dispatcher = dispatcher
        self._lease_s = lease_s
        #: Claims that went out through this process, so that their return needs no look into the record. Only a
        #: hint: whoever proves a claim goes on to a report, and the dispatcher checks the token.
        self._given: OrderedDict[UUID, Claim] = OrderedDict()

    async def claim(self, command: ClaimNext) -> Claimed | None:
        """Claim and start a job; None when there is none. Raises UnavailableError."""
        token = new_token()
        reply = await self._dispatcher.claim(
            ClaimRequest(
                agent=command.agent,
                models=None if command.models is None else list(command.models),
                platforms=None if command.platforms is None else list(command.platforms),
                lease_s=self._lease_s,
                token_hash=hash_token(token).hex(),
            )
        )
        if reply.error is not None:
            log.warning("claim put off: %s", reply.error, extra={"action": "claim.put_off"})
            raise UnavailableError("The queue")
        if reply.job is None:
            return None
        self._remember(reply.job, hash_token(token).hex())
        return Claimed(job=reply.job, token=token)

    async def claim_as(self, command: WorkerClaim) -> ClaimedJob | None:
        """A claim of a registered worker; None when there is nothing for it.

        Raises JobNotFoundError or WrongStateError when the job was named and can't be given, UnavailableError.
        """
        worker = command.worker
        platforms = [worker.platform] if command.platforms is None else list(command.platforms)
        reply = await self._dispatcher.claim(
            ClaimRequest(
                agent=worker.name,
                models=None,
                platforms=platforms,
                pools=None if command.pools is None else list(command.pools),
                job=command.job_id,
                worker=worker.worker_id,
                lease_s=self._lease_s if command.lease_s is None else command.lease_s,
                start=command.start,
                token_hash=worker.claim_token,
            )
        )
        if reply.answer is not None:
            refuse(AnswerReply(answer=reply.answer, state=reply.state))
        if reply.error is not None:
            log.warning("claim put off: %s", reply.error, extra={"action": "claim.put_off"})
            raise UnavailableError("The queue")
        return reply.job

    async def prove_as(self, job_id: UUID | None, worker: WorkerPrincipal) -> Claim:
        """Check that ``worker`` holds the job. Raises as ``prove``; a job of somebody else is one not found."""
        holder = None if job_id is None else await self._jobs.holder(job_id)
        if job_id is None or holder is None or holder.claim_hash is None:
            raise JobNotFoundError("Job not found")
        if not hmac.compare_digest(bytes.fromhex(worker.claim_token), holder.claim_hash):
            raise JobNotFoundError("Job not found")
        if holder.state not in HELD:
            raise WrongStateError(holder.state)
        return Claim(
            id=job_id,
            token_hash=worker.claim_token,
            fence=holder.fence,
            export=holder.export,
            input=holder.input,
        )

    async def start(self, claim: Claim) -> None:
        """The worker runs the job now. Raises as ``prove``."""
        await self._report(claim, ReportKind.STARTED)

    async def progress(self, claim: Claim, percent: float, message: str = "") -> None:
        """How far the run is, 0..100. Raises as ``prove``."""
        await self._report(claim, ReportKind.PROGRESS, percent=percent, text=message)

    def _remember(self, job: ClaimedJob, token_hash: str) -> None:
        model = get(job.model)
        self._given[job.id] = Claim(
            id=job.id,
            token_hash=token_hash,
            fence=job.fence,
            export=model is not None and model.export_result,
            input=job.input,
        )
        while len(self._given) > _REMEMBERED:
            self._given.popitem(last=False)

    async def prove(self, job_id: UUID | None, token: str) -> Claim:
        """Check a claim's token. What follows is to be a sign of life: ``renew``, ``renewing`` or an outcome.

        Raises JobNotFoundError, WrongTokenError, WrongStateError (the job has ended) or UnavailableError.
        """
        given = None if job_id is None else self._given.get(job_id)
        if given is not None and hmac.compare_digest(given.token_hash, hash_token(token).hex()):
            return given
        holder = None if job_id is None else await self._jobs.holder(job_id)
        if job_id is None or holder is None:
            raise JobNotFoundError("Job not found")
        digest = hash_token(token)
        if holder.claim_hash is None or not hmac.compare_digest(digest, holder.claim_hash):
            raise WrongTokenError("Invalid claim token")
        if holder.state not in HELD:
            raise WrongStateError(holder.state)
        return Claim(
            id=job_id,
            token_hash=digest.hex(),
            fence=holder.fence,
            export=holder.export,
            input=holder.input,
        )

    async def renew(self, claim: Claim) -> None:
        """A sign of life. Raises as ``prove``."""
        await self._report(claim, ReportKind.ALIVE)

    @asynccontextmanager
    async def renewing(self, claim: Claim) -> AsyncIterator[None]:
        """Renew the claim now, and again and again while a long transfer runs in the block."""
        await self.renew(claim)
        task = asyncio.create_task(self._renew_loop(claim), name="renew-claim")
        try:
            yield
        finally:
            await cancelled(task)

    async def complete(self, claim: Claim, outcome: Outcome) -> None:
        """Record the result. Raises as ``prove``; after UnavailableError it may have been recorded."""
        await self._report(
            claim,
            ReportKind.COMPLETED,
            result=_raw(outcome.result),
            result_ref=outcome.result_ref,
            file=outcome.file,
            meta=_raw(outcome.meta),
            exit_code=outcome.exit_code,
        )

    async def fail(
        self,
        claim: Claim,
        reason: str,
        *,
        code: FailureCode = FailureCode.HANDLER,
        exit_code: int | None = None,
    ) -> None:
        """Record the failure; the job's retry policy decides what follows. Raises as ``complete``."""
        await self._report(claim, ReportKind.FAILED, reason=reason, code=code, exit_code=exit_code)

    async def hand_back(self, claim: Claim, reason: str) -> None:
        """Give the job back unrun: it waits again, and the attempt is not counted. Raises as ``complete``."""
        await self._report(claim, ReportKind.HANDED_BACK, reason=reason)

    async def hand_back_unheard(self, claimed: Claimed) -> None:
        """The agent was gone before it could hear of its claim: nobody would run the job until the lease lapses."""
        claim = Claim(
            id=claimed.job.id,
            token_hash=hash_token(claimed.token).hex(),
            fence=claimed.job.fence,
            export=False,
            input=None,
        )
        await self.hand_back(claim, "the agent hung up before it got the job")

    async def _report(self, claim: Claim, kind: ReportKind, **fields: Any) -> AnswerReply:
        """``fields``: those of ``ReportRequest`` that ``kind`` has."""
        reply = await self._dispatcher.report(
            ReportRequest(id=claim.id, token_hash=claim.token_hash, kind=kind, **fields)
        )
        refuse(reply)
        return reply

    async def _renew_loop(self, claim: Claim) -> None:
        while True:
            await asyncio.sleep(self._lease_s / 3)
            try:
                await self.renew(claim)
            except CoreError as error:
                # The end of the transfer will say it; a lost sign of life alone ends nothing.
                log.warning("claim not renewed: %s", error, extra={"action": "claim.renew.failed"})


def _raw(text: bytes | None) -> msgspec.Raw | msgspec.UnsetType:
    return msgspec.UNSET if text is None else msgspec.Raw(text)
