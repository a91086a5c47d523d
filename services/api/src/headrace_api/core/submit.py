"""Taking in a job: the checks that every dialect shares, then the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from headrace_api.core.batcher import SubmitBatcher
from headrace_api.core.errors import BadRequestError, FileRequiredError, PayloadError, UnavailableError
from headrace_api.core.uploads import Uploads
from headrace_contracts.catalogue.model import Model
from headrace_contracts.catalogue.validation import validate_payload
from headrace_contracts.jobs.lane import ANY_PLATFORM
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.limits import MAX_ATTEMPTS, PAYLOAD_BYTES
from headrace_contracts.messages.work import InputRef
from headrace_store.jobs.submit import NewJob

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
    webhook_url: str | None = None
    trace: str | None = None

    def with_input(self, source: InputRef) -> SubmitJob:
        """The same job with its input."""
        return replace(self, input=source)


@dataclass(frozen=True, kw_only=True, slots=True)
class SubmittedJob:
    """What a dialect says of a job that was just stored."""

    id: UUID
    model: str
    priority: Priority
    created_at: datetime
    input: InputRef | None
    webhook_url: str | None


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

    def __init__(self, batcher: SubmitBatcher, uploads: Uploads) -> None:
        self._batcher = batcher
        self._uploads = uploads

    async def submit(self, commands: Sequence[SubmitJob]) -> list[SubmittedJob]:
        """Returns when all are committed. Raises OverloadedError or UnavailableError; then none is acknowledged."""
        now = datetime.now(UTC)
        try:
            await self._batcher.submit([_row(command, now) for command in commands])
        except UnavailableError:
            # The jobs may have been committed without our hearing of it; then they need their inputs.
            raise
        except Exception:
            for command in commands:
                if command.input is not None:
                    await self._uploads.discard(command.input.key)
            raise
        return [
            SubmittedJob(
                id=command.id,
                model=command.model.id,
                priority=command.priority,
                created_at=now,
                input=command.input,
                webhook_url=command.webhook_url,
            )
            for command in commands
        ]


def _row(command: SubmitJob, now: datetime) -> NewJob:
    model, source = command.model, command.input
    return NewJob(
        command.id,
        command.account_id,
        command.dialect,
        model.id,
        command.payload,
        ANY_PLATFORM,
        model.id,
        int(command.priority),
        now,
        None,
        model.timeout_s,
        MAX_ATTEMPTS,
        source.key if source else None,
        source.mime if source else None,
        source.name if source else None,
        source.size if source else None,
        command.webhook_url,
        model.export_result,
        command.trace,
    )
