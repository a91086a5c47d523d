"""Taking in a job: the checks that every dialect shares, then the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from headrace_api.core.batcher import SubmitBatcher
from headrace_api.core.errors import (
    AlreadySettledError,
    BadRequestError,
    FileRequiredError,
    IdempotencyConflictError,
    InsufficientCreditsError,
    PayloadError,
    QuotaError,
    UnavailableError,
)
from headrace_api.core.fingerprint import fingerprint
from headrace_api.core.ports import Jobs, RingQueued, SubmitUnits
from headrace_api.core.uploads import Uploads
from headrace_contracts.catalogue.model import Model
from headrace_contracts.catalogue.validation import validate_payload
from headrace_contracts.jobs.lane import ANY_PLATFORM
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.jobs.retry import RetryPolicy
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobView
from headrace_contracts.limits import PAYLOAD_BYTES
from headrace_contracts.messages.work import InputRef
from headrace_store.jobs.quota import QuotaReachedError
from headrace_store.jobs.submit import NewJob
from headrace_store.jobs.unit import Extras, KeyUse, LetterSettledError, TooFewCreditsError, Unit

#: The account of dialects whose client routes need no key (made by the first migration).
PUBLIC_ACCOUNT = UUID("00000000-0000-7000-8000-000000000001")


@dataclass(frozen=True, kw_only=True, slots=True)
class SubmitJob:
    """A job that has passed its checks; its input, if any, is in S3 under ``input.key``."""

    id: UUID
    dialect: str
    account_id: UUID
    model: Model
    #: JSON text from ``checked_payload``.
    payload: str
    priority: Priority
    input: InputRef | None = None
    #: SHA-256 of an input that came with the request; None for one that lies there under a name of its own.
    input_digest: bytes | None = None
    webhook_url: str | None = None
    trace: str | None = None
    platform: str = ANY_PLATFORM
    #: None = the model's own.
    pool: str | None = None
    #: Not run before; None = as soon as possible.
    run_at: datetime | None = None
    #: None = the model's.
    timeout_s: float | None = None
    #: True: once done it waits for an approval.
    staging: bool = False
    #: Destinations of the account that the result is published to.
    destinations: Sequence[UUID] = ()
    #: Not published before.
    publish_at: datetime | None = None
    #: Taken from the account in the same transaction.
    credits: int = 0
    template_id: UUID | None = None
    retry_of: UUID | None = None
    #: None = the model's.
    retry: RetryPolicy | None = None
    #: How long it may wait for its first start; None = for ever.
    queue_timeout_s: float | None = None

    def with_input(self, source: InputRef, digest: bytes | None = None) -> SubmitJob:
        """The same job with its input."""
        return replace(self, input=source, input_digest=digest)

    @property
    def extras(self) -> Extras | None:
        """What is stored beside the job's row; None for most jobs."""
        if not (
            self.staging
            or self.destinations
            or self.publish_at
            or self.credits
            or self.template_id
            or self.retry_of
            or self.retry
            or self.queue_timeout_s
        ):
            return None
        return Extras(
            job_id=self.id,
            staging=self.staging,
            publish_at=self.publish_at,
            destinations=self.destinations,
            credits=self.credits,
            template_id=self.template_id,
            retry_of=self.retry_of,
            retry=None if self.retry is None else self.retry.text,
            queue_timeout_s=self.queue_timeout_s,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class SubmittedJob:
    """What a dialect says of a job that was just stored."""

    id: UUID
    model: str
    priority: Priority
    created_at: datetime
    input: InputRef | None
    webhook_url: str | None
    state: JobState = JobState.QUEUED
    platform: str = ANY_PLATFORM
    pool: str = ""


def checked_payload(model: Model, payload: object) -> str:
    """``payload`` as the JSON text to store; None stands for an empty one.

    Raises PayloadError with every problem.
    """
    value = {} if payload is None else payload
    if problems := validate_payload(model, value):
        raise PayloadError(problems)
    text = msgspec.json.encode(value)
    if len(text) > PAYLOAD_BYTES:
        raise PayloadError([f"Payload must be at most {PAYLOAD_BYTES} bytes, not {len(text)}"])
    return text.decode()


def check_file_wanted(model: Model, *, has_file: bool) -> None:
    """Raises FileRequiredError, or BadRequestError for a file that the model has no use for."""
    if model.requires_file and not has_file:
        raise FileRequiredError(model.id)
    if has_file and not model.takes_file:
        raise BadRequestError(f"Model '{model.id}' does not take a file")


class Submissions:
    """The submit of one job, or of several as one unit."""

    def __init__(
        self, batcher: SubmitBatcher, uploads: Uploads, units: SubmitUnits, jobs: Jobs, ring: RingQueued
    ) -> None:
        self._batcher = batcher
        self._uploads = uploads
        self._units = units
        self._jobs = jobs
        self._ring = ring

    async def submit(
        self, commands: Sequence[SubmitJob], *, key: str | None = None, letter: UUID | None = None
    ) -> list[SubmittedJob]:
        """Returns when all are committed, all or none.

        ``key`` is the request's Idempotency-Key: the same one with the same commands gives the jobs of its first use,
        and an input that came with this request is thrown away. ``letter``: the dead letter that the one job repeats.
        Raises OverloadedError, UnavailableError, InsufficientCreditsError, QuotaError, IdempotencyConflictError or
        AlreadySettledError; then none is acknowledged.
        """
        now = datetime.now(UTC)
        extras = [extra for command in commands if (extra := command.extras) is not None]
        try:
            if key is None and letter is None:
                await self._batcher.submit([_row(command, now) for command in commands], extras)
            else:
                known = await self._store(commands, extras, key, now, letter)
                if known is not None:
                    await self._discard(commands)
                    return known
        except TooFewCreditsError as error:
            await self._discard(commands)
            raise InsufficientCreditsError(error.needed, error.balance) from error
        except QuotaReachedError as error:
            await self._discard(commands)
            raise QuotaError(limit=error.limit, waiting=error.waiting, wanted=error.wanted) from error
        except LetterSettledError as error:
            raise AlreadySettledError(error.settled, error.replayed_as) from error
        except UnavailableError:
            # The jobs may have been committed without our hearing of it; then they need their inputs.
            raise
        except Exception:
            await self._discard(commands)
            raise
        return [_submitted(command, now) for command in commands]

    async def _store(
        self,
        commands: Sequence[SubmitJob],
        extras: Sequence[Extras],
        key: str | None,
        now: datetime,
        letter: UUID | None,
    ) -> list[SubmittedJob] | None:
        """The jobs of the key's first use, or None when these are stored now."""
        rows = [_row(command, now) for command in commands]
        first = commands[0]
        use = None
        if key is not None:
            use = KeyUse(
                account_id=first.account_id, dialect=first.dialect, key=key, fingerprint=fingerprint(commands)
            )
        known = await self._units(Unit(jobs=rows, extras=extras, key=use, letter=letter))
        if known is None:
            await self._ring({f"{row.platform}/{row.pool}/{Priority(row.priority).word}" for row in rows})
            return None
        if not known.same:
            raise IdempotencyConflictError
        views = [await self._jobs.view(job_id) for job_id in known.job_ids]
        return [_seen(view) for view in views if view is not None]

    async def _discard(self, commands: Sequence[SubmitJob]) -> None:
        """Remove the inputs that came with the request; one that lay there before is not ours to remove."""
        for command in commands:
            if command.input is not None and command.input_digest is not None:
                await self._uploads.discard(command.input.key)


def _submitted(command: SubmitJob, now: datetime) -> SubmittedJob:
    return SubmittedJob(
        id=command.id,
        model=command.model.id,
        priority=command.priority,
        created_at=now,
        input=command.input,
        webhook_url=command.webhook_url,
        state=JobState.QUEUED if command.run_at is None else JobState.SCHEDULED,
        platform=command.platform,
        pool=command.pool or command.model.id,
    )


def _seen(view: JobView) -> SubmittedJob:
    """The answer of the key's first use, again: what was true then."""
    return SubmittedJob(
        id=view.id,
        model=view.model,
        priority=view.priority,
        created_at=view.created_at,
        input=view.input,
        webhook_url=view.webhook_url,
        state=JobState.QUEUED if view.run_at is None else JobState.SCHEDULED,
        platform=view.platform,
        pool=view.pool,
    )


def _row(command: SubmitJob, now: datetime) -> NewJob:
    model, source = command.model, command.input
    return NewJob(
        command.id,
        command.account_id,
        command.dialect,
        model.id,
        command.payload,
        command.platform,
        command.pool or model.id,
        int(command.priority),
        now,
        command.run_at,
        model.timeout_s if command.timeout_s is None else command.timeout_s,
        (command.retry or model.retry).max_attempts,
        source.key if source else None,
        source.mime if source else None,
        source.name if source else None,
        source.size if source else None,
        command.webhook_url,
        model.export_result,
        command.trace,
    )
