"""The use case: one result from the record to S3, written once."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobDocument
from headrace_contracts.keys import result_json_key
from headrace_publisher.export.document import UnexportableError, fetch_result, result_json
from headrace_publisher.store.exports import ExportRow
from headrace_runtime.retry import Backoff
from headrace_runtime.tracing import Span
from headrace_store.blobs.errors import BlobError, BlobUnavailableError
from headrace_store.blobs.s3 import BlobHead

log = logging.getLogger(__name__)

#: While S3 is away. Short at the end, so that results are there soon after it returns.
BACKOFF = Backoff(first_s=2.0, factor=2.0, most_s=60.0)
#: After an error that an operator has to mend, such as a refused key: it is tried for as long as it takes.
REFUSED_BACKOFF = Backoff(first_s=5.0, factor=2.0, most_s=600.0)


class Record(Protocol):
    """The record, as this use case needs it."""

    async def find(self, job_id: UUID) -> ExportRow | None: ...

    async def document(self, job_id: UUID) -> JobDocument | None: ...

    async def exported(self, job_id: UUID) -> None: ...

    async def put_off(self, job_id: UUID, *, delay_s: float, error: str) -> None: ...

    async def failed(self, job_id: UUID, *, error: str) -> None: ...


class Blobs(Protocol):
    """The store of bytes; raises the errors of ``headrace_store.blobs.errors``."""

    async def head(self, key: str) -> BlobHead | None: ...

    async def get(self, key: str, *, limit: int) -> bytes: ...

    async def put(self, key: str, data: bytes, mime: str) -> None: ...


class Done(StrEnum):
    """What became of an export."""

    EXPORTED = "exported"
    #: S3 had the same document already.
    PRESENT = "present"
    PUT_OFF = "put_off"
    FAILED = "failed"
    #: Nothing to do: deleted, done before, or not a completed job.
    STALE = "stale"


@dataclass(frozen=True, kw_only=True, slots=True)
class Export:
    """Raises what the record raises when it is away; the message must then be given back."""

    record: Record
    blobs: Blobs
    #: The largest JSON result that is put into one document, in bytes.
    most_bytes: int
    chance: Callable[[], float] = random.random

    async def __call__(self, job_id: UUID, *, span: Span) -> Done:
        row = await self.record.find(job_id)
        if row is None or row.state != "pending":
            return Done.STALE
        document = await self.record.document(job_id)
        if document is None or document.job.state is not JobState.COMPLETED:
            await self.record.failed(job_id, error="the job is not a completed one")
            return Done.STALE
        span.set("headrace.model", document.job.model)
        span.set("headrace.export.attempt", row.attempts + 1)
        try:
            done = await self._write(document)
        except UnexportableError as error:
            return await self._give_up(job_id, error, span)
        except BlobError as error:
            backoff = BACKOFF if isinstance(error, BlobUnavailableError) else REFUSED_BACKOFF
            return await self._put_off(
                job_id, backoff.delay_s(row.attempts, chance=self.chance()), error, span
            )
        await self.record.exported(job_id)
        log.info("result exported", extra={"action": "export.done", "done": str(done)})
        return done

    async def _write(self, document: JobDocument) -> Done:
        """A result never changes, so a document that is there with the same bytes is ours."""
        result = await fetch_result(self.blobs, document, most_bytes=self.most_bytes)
        data = result_json(document, result)
        key = result_json_key(document.job.id)
        there = await self.blobs.head(key)
        if (
            there is not None
            and there.size == len(data)
            and await self.blobs.get(key, limit=len(data)) == data
        ):
            return Done.PRESENT
        await self.blobs.put(key, data, "application/json")
        return Done.EXPORTED

    async def _put_off(self, job_id: UUID, delay_s: float, error: Exception, span: Span) -> Done:
        span.fail(str(error))
        await self.record.put_off(job_id, delay_s=delay_s, error=str(error))
        log.warning(
            "result not exported, again in %.0f s: %s", delay_s, error, extra={"action": "export.put_off"}
        )
        return Done.PUT_OFF

    async def _give_up(self, job_id: UUID, error: Exception, span: Span) -> Done:
        span.fail(str(error))
        await self.record.failed(job_id, error=str(error))
        log.error("result can't be exported: %s", error, extra={"action": "export.failed"})
        return Done.FAILED
