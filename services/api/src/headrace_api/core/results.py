"""Results: handed in by an agent, read by a client."""

from __future__ import annotations

import logging
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from headrace_api.core.claims import Claim
from headrace_api.core.errors import (
    JobNotFoundError,
    NoFileError,
    NotReadyError,
    RangeError,
    UnavailableError,
)
from headrace_api.core.ports import BlobStore, ByteStream, Jobs
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobDocument
from headrace_contracts.keys import result_data_key, result_file_key
from headrace_contracts.limits import INLINE_RESULT_BYTES
from headrace_contracts.messages.events import FileRef
from headrace_store.blobs.errors import BlobError, BlobNotFoundError, BlobRangeError

log = logging.getLogger(__name__)

_GIVEN_KEYS = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """A finished job with its JSON result, wherever that was kept."""

    document: JobDocument
    #: JSON text; None: the job has no JSON result.
    data: bytes | None


class Results:
    """Reads results, and stores what is too large for the record."""

    def __init__(self, jobs: Jobs, blobs: BlobStore, *, max_json_bytes: int) -> None:
        self._jobs = jobs
        self._blobs = blobs
        self._max_json_bytes = max_json_bytes
        #: Keys given out lately: what is on its way to a key is not seen there yet.
        self._given: OrderedDict[str, None] = OrderedDict()

    async def read(self, job_id: UUID | None, account_id: UUID) -> Result:
        """Raises JobNotFoundError, NotReadyError (the job has not completed) or UnavailableError."""
        document = None if job_id is None else await self._jobs.document(job_id)
        if document is None or document.job.account_id != account_id:
            raise JobNotFoundError("Job not found")
        if document.job.state is not JobState.COMPLETED:
            raise NotReadyError("Result not available yet")
        return await self.load(document)

    async def load(self, document: JobDocument) -> Result:
        """The JSON result of a job that is done, staged or not, wherever it was kept. Raises UnavailableError."""
        data = document.result
        if data is None and document.job.result_ref is not None:
            try:
                data = await self._blobs.get(document.job.result_ref, limit=self._max_json_bytes)
            except (BlobError, ValueError) as error:
                log.warning("result not read: %s", error, extra={"action": "result.unreadable"})
                raise UnavailableError("The result") from error
        return Result(document=document, data=data)

    async def file_of(self, job_id: UUID | None, account_id: UUID) -> FileRef:
        """The result file. Raises JobNotFoundError, NotReadyError or NoFileError."""
        view = None if job_id is None else await self._jobs.view(job_id)
        if view is None or view.account_id != account_id:
            raise JobNotFoundError("Job not found")
        if not view.final:
            raise NotReadyError("Result not available yet")
        if view.file is None or view.state is not JobState.COMPLETED:
            raise NoFileError("This result has no file")
        return view.file

    async def presigned(self, file: FileRef, *, expires_s: int) -> str:
        """A URL from which the file can be downloaded without credentials for ``expires_s`` seconds."""
        try:
            return await self._blobs.presign_get(file.key, filename=file.name, expires_s=expires_s)
        except BlobError as error:
            raise UnavailableError("The file store") from error

    @asynccontextmanager
    async def open(
        self, key: str, *, size: int, start: int | None = None, end: int | None = None
    ) -> AsyncIterator[ByteStream]:
        """The bytes of a file. Raises RangeError, NoFileError (it is gone) or UnavailableError."""
        try:
            async with self._blobs.open(key, start=start, end=end) as stream:
                yield stream
        except BlobNotFoundError as error:
            raise NoFileError("This file is gone") from error
        except BlobRangeError as error:
            raise RangeError(size) from error
        except BlobError as error:
            raise UnavailableError("The file store") from error

    async def file_key(self, claim: Claim, filename: str) -> str:
        """Where this attempt's result file goes: the documented place, unless something is there already."""
        return await self._unused(result_file_key(claim.id, claim.fence, filename))

    async def store_data(self, claim: Claim, data: bytes) -> str | None:
        """Put a JSON result aside when it is too large for the record; returns its key, or None."""
        if len(data) <= INLINE_RESULT_BYTES:
            return None
        try:
            key = await self._unused(result_data_key(claim.id, claim.fence))
            await self._blobs.put(key, data, "application/json")
        except BlobError as error:
            raise UnavailableError("The file store") from error
        return key

    async def discard(self, job_id: UUID, key: str) -> None:
        """Remove what an attempt stored in vain, unless the job's result is exactly that."""
        view = await self._jobs.view(job_id)
        if view is not None and ((view.file is not None and view.file.key == key) or view.result_ref == key):
            return
        try:
            await self._blobs.delete(key)
        except BlobError as error:
            log.warning("file %s is left behind: %s", key, error, extra={"action": "result.orphan"})

    async def _unused(self, key: str) -> str:
        """Result files are written once: a second return of one attempt must not touch those of the first."""
        taken = key in self._given
        self._given[key] = None
        while len(self._given) > _GIVEN_KEYS:
            self._given.popitem(last=False)
        try:
            taken = taken or await self._blobs.head(key) is not None
        except BlobError as error:
            raise UnavailableError("The file store") from error
        if not taken:
            return key
        folder, _, name = key.rpartition("/")
        return f"{folder}/{secrets.token_hex(8)}/{name}"
