"""Files that clients send ahead of the job that uses them."""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

from headrace_api.core.errors import BadRequestError, NotFoundError, UnavailableError, UnsupportedTypeError
from headrace_api.core.ports import BlobStore
from headrace_api.core.uploads import Uploads
from headrace_api.mime.judge import FileJudge
from headrace_contracts.catalogue.model import Model
from headrace_contracts.ids import new_id
from headrace_contracts.keys import safe_filename
from headrace_contracts.messages.work import InputRef
from headrace_store.blobs.errors import BlobError, BlobNotFoundError

log = logging.getLogger(__name__)

#: How long a presigned URL for an upload is good, in seconds.
_PUT_S = 3600
#: A file up to this size is read as a whole, once, to see what it is; of a larger one so much of each end.
_WHOLE_BYTES = 64 * 1024 * 1024
_LOOK_BYTES = 128 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientFile:
    """A file of an account; it is deleted once it has expired, unless a job has it as input by then."""

    id: UUID
    account_id: UUID
    key: str
    name: str
    mime: str
    #: None: announced, and not sent yet.
    size: int | None
    created_at: datetime
    expires_at: datetime

    @property
    def input(self) -> InputRef:
        """The file as a job's input. Raises BadRequestError while it has not been sent."""
        if self.size is None:
            raise BadRequestError(f"File {self.id} has not been uploaded yet: PUT it to its upload URL first")
        return InputRef(key=self.key, mime=self.mime, name=self.name, size=self.size)


class FileRecord(Protocol):
    """The files' rows. Raises UnavailableError while the record is away."""

    async def add(self, file: ClientFile) -> None: ...

    async def get(self, file_id: UUID) -> ClientFile | None: ...

    async def listed(self, account_id: UUID, *, limit: int, after: UUID | None) -> list[ClientFile]: ...

    async def arrived(self, file_id: UUID, *, key: str, size: int, mime: str) -> bool:
        """Note what came; False when another look did so first."""

    async def delete(self, file_id: UUID) -> None: ...


class Files:
    """Takes files in, and finds them again for their owner."""

    def __init__(self, record: FileRecord, uploads: Uploads, blobs: BlobStore) -> None:
        self._record = record
        self._uploads = uploads
        self._blobs = blobs

    async def receive(
        self,
        account_id: UUID,
        chunks: AsyncIterator[bytes],
        *,
        filename: str | None,
        content_type: str | None,
        max_bytes: int,
        allowed: Collection[str] | None = None,
        lifetime: timedelta,
    ) -> ClientFile:
        """Stream a file into the store and note it. ``allowed``: canonical types that it may have; None = any.

        Raises TooLargeError, BadRequestError (empty), UnsupportedTypeError or UnavailableError; then nothing is kept.
        """
        file_id, name = new_id(), safe_filename(filename)
        key = _key(file_id, name)
        async with self._uploads.upload() as upload:
            await upload.receive(
                chunks,
                key=key,
                filename=name,
                content_type=content_type,
                max_bytes=max_bytes,
                allowed=allowed,
            )
            if not upload.received:
                raise BadRequestError("The file is empty")
            mime = upload.guessed()
            if allowed is not None and mime not in allowed:
                raise UnsupportedTypeError("upload", mime, sorted(allowed))
            stored = await upload.keep(mime)
        now = datetime.now(UTC)
        file = ClientFile(
            id=file_id,
            account_id=account_id,
            key=key,
            name=name,
            mime=mime,
            size=stored.size,
            created_at=now,
            expires_at=now + lifetime,
        )
        try:
            await self._record.add(file)
        except Exception:
            await self._uploads.discard(key)
            raise
        return file

    async def announce(
        self, account_id: UUID, *, filename: str | None, mime: str, lifetime: timedelta
    ) -> tuple[ClientFile, str]:
        """Note a file that is to come, and the presigned URL to PUT it to (with ``mime`` as Content-Type)."""
        file_id, name, now = new_id(), safe_filename(filename), datetime.now(UTC)
        file = ClientFile(
            id=file_id,
            account_id=account_id,
            key=f"files/{file_id}/incoming/{name}",
            name=name,
            mime=mime,
            size=None,
            created_at=now,
            expires_at=now + lifetime,
        )
        try:
            url = await self._blobs.presign_put(file.key, mime=mime, expires_s=_PUT_S)
        except BlobError as error:
            raise UnavailableError("The file store") from error
        await self._record.add(file)
        return file, url

    async def find(self, file_id: UUID | None, account_id: UUID) -> ClientFile:
        """The account's file; one that was announced is looked for in the store. Raises NotFoundError."""
        file = None if file_id is None else await self._record.get(file_id)
        if file is None or file.account_id != account_id or file.expires_at <= datetime.now(UTC):
            raise NotFoundError("file")
        if file.size is not None:
            return file
        return await self._arrived(file)

    async def listed(self, account_id: UUID, *, limit: int, after: UUID | None = None) -> list[ClientFile]:
        """The account's files, youngest first, from the one after ``after``."""
        return await self._record.listed(account_id, limit=limit, after=after)

    async def delete(self, file_id: UUID | None, account_id: UUID) -> None:
        """Forget a file; its bytes stay while jobs may still read them. Raises NotFoundError."""
        await self._record.delete((await self.find(file_id, account_id)).id)

    async def _arrived(self, file: ClientFile) -> ClientFile:
        """The file as it lies at its upload URL now, if it does, set aside from there.

        The URL stays good for a while, so what is judged and given to jobs must be out of its reach.
        """
        key = f"files/{file.id}/{secrets.token_hex(8)}/{file.name}"
        try:
            await self._blobs.copy(file.key, key)
            head = await self._blobs.head(key)
        except BlobNotFoundError:
            # Nothing came yet, or another look has set it aside meanwhile.
            return await self._record.get(file.id) or file
        except BlobError as error:
            raise UnavailableError("The file store") from error
        kept = replace(file, key=key, size=0 if head is None else head.size)
        # What the client said of it beforehand is a promise; its content is what a job gets.
        kept = replace(kept, mime=await self._judged(kept, kept.size or 0))
        if await self._record.arrived(file.id, key=key, size=kept.size or 0, mime=kept.mime):
            await self._uploads.discard(file.key)
            return kept
        await self._uploads.discard(key)
        return await self._record.get(file.id) or file

    async def _judged(self, file: ClientFile, size: int) -> str:
        """The canonical type by what lies in the store; of a very large file by its two ends."""
        judge = FileJudge(filename=file.name, content_type=file.mime)
        spans = [(0, size)] if size <= _WHOLE_BYTES else [(0, _LOOK_BYTES), (size - _LOOK_BYTES, size)]
        try:
            for start, end in spans if size else []:
                async with self._blobs.open(file.key, start=start, end=end - 1) as stream:
                    async for chunk in stream.chunks:
                        judge.feed(chunk)
        except BlobError as error:
            raise UnavailableError("The file store") from error
        return judge.verdict()[0]

    async def presigned(self, file: ClientFile, *, expires_s: int) -> str:
        """A URL from which the file can be fetched without credentials for a while."""
        try:
            return await self._blobs.presign_get(file.key, filename=file.name, expires_s=expires_s)
        except BlobError as error:
            raise UnavailableError("The file store") from error


def check_type(model: Model, source: InputRef) -> None:
    """Raises UnsupportedTypeError for an input that ``model`` does not take."""
    if not model.any_file and source.mime not in model.allowed_file_types:
        raise UnsupportedTypeError(model.id, source.mime, model.allowed_file_types)


def _key(file_id: UUID, name: str) -> str:
    return f"files/{file_id}/{name}"
