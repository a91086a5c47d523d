"""A file that the holder of a claim hands in before it says how the run ended: it becomes the result's file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from headrace_api.core.claims import Claim
from headrace_api.core.errors import BadRequestError, WrongStateError
from headrace_api.core.results import Results
from headrace_api.core.uploads import Uploads
from headrace_contracts.jobs.state import JobState
from headrace_contracts.keys import safe_filename
from headrace_contracts.messages.events import FileRef


@dataclass(frozen=True, kw_only=True, slots=True)
class Noted:
    """What noting a file came to."""

    #: False: the claim does not hold the job any more, and nothing was noted.
    held: bool
    #: The key of the file that it takes the place of.
    replaced: str | None = None


class HandedInRecord(Protocol):
    """The file of each job's current attempt. Raises UnavailableError while the record is away."""

    async def note(self, job_id: UUID, token_hash: bytes, file: FileRef) -> Noted: ...

    async def get(self, job_id: UUID, token_hash: bytes) -> FileRef | None: ...


class HandedIn:
    """Every replica knows the file: the outcome may be told to another one."""

    def __init__(self, record: HandedInRecord, results: Results, uploads: Uploads) -> None:
        self._record = record
        self._results = results
        self._uploads = uploads

    async def receive(
        self,
        claim: Claim,
        chunks: AsyncIterator[bytes],
        *,
        filename: str | None,
        content_type: str | None,
        max_bytes: int,
    ) -> FileRef:
        """Stream a file in; one that this attempt sent before is replaced.

        Raises TooLargeError, BadRequestError (empty), WrongStateError (the claim ended meanwhile), UnavailableError.
        """
        name = safe_filename(filename, "output")
        key = await self._results.file_key(claim, name)
        async with self._uploads.upload() as upload:
            await upload.receive(
                chunks, key=key, filename=name, content_type=content_type, max_bytes=max_bytes
            )
            if not upload.received:
                raise BadRequestError("The file is empty")
            stored = await upload.keep(upload.guessed())
        file = FileRef(key=key, name=name, mime=stored.mime, size=stored.size)
        try:
            noted = await self._record.note(claim.id, bytes.fromhex(claim.token_hash), file)
        except Exception:
            await self._uploads.discard(key)
            raise
        if not noted.held:
            await self._uploads.discard(key)
            raise WrongStateError(JobState.QUEUED)
        if noted.replaced is not None:
            await self._results.discard(claim.id, noted.replaced)
        return file

    async def file_of(self, claim: Claim) -> FileRef | None:
        """What this attempt has handed in."""
        return await self._record.get(claim.id, bytes.fromhex(claim.token_hash))
