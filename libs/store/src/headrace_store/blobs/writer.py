"""Streaming into S3 with bounded memory: one part fills while the one before it is sent."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
from types import TracebackType
from typing import TYPE_CHECKING, Self

from headrace_store.blobs.errors import BlobError, translated

if TYPE_CHECKING:  # the stubs are there when types are checked only
    from types_aiobotocore_s3.client import S3Client
    from types_aiobotocore_s3.type_defs import CompletedPartTypeDef

log = logging.getLogger(__name__)


class BlobWriter:
    """Writes one object. It appears under its key when ``finish`` returns, and not at all otherwise.

    Holds at most two parts. Use as ``async with``: leaving without ``finish`` throws away what was written.
    """

    def __init__(self, client: S3Client, *, bucket: str, key: str, mime: str, part_bytes: int) -> None:
        self._client = client
        self._bucket = bucket
        self._key = key
        self._mime = mime
        self._part_bytes = part_bytes
        self._buffer = io.BytesIO()
        self._upload_id: str | None = None
        self._sending: asyncio.Task[None] | None = None
        self._parts: list[CompletedPartTypeDef] = []
        self._finished = False
        self.size = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.abort()

    async def write(self, data: bytes) -> None:
        """Take ``data``; waits when both parts are full.

        Raises BlobUnavailableError or BlobError of an earlier part, too.
        """
        self._buffer.write(data)
        self.size += len(data)
        if self._buffer.tell() >= self._part_bytes:
            await self._send_part()

    async def finish(self, *, mime: str | None = None) -> int:
        """Make the object appear; returns its size in bytes. ``mime`` replaces the type if no part was sent yet."""
        if self._upload_id is None:
            with translated(f"put {self._key}"):
                self._buffer.seek(0)
                await self._client.put_object(
                    Bucket=self._bucket, Key=self._key, Body=self._buffer, ContentType=mime or self._mime
                )
        else:
            if self._buffer.tell():
                await self._send_part()
            await self._settle()
            with translated(f"complete {self._key}"):
                await self._client.complete_multipart_upload(
                    Bucket=self._bucket,
                    Key=self._key,
                    UploadId=self._upload_id,
                    MultipartUpload={"Parts": self._parts},
                )
        self._finished = True
        self._buffer = io.BytesIO()
        return self.size

    async def abort(self) -> None:
        """Throw away what was written, unless it is finished.

        Never raises: what can't be removed now the store's lifecycle removes.
        """
        if self._finished:
            return
        self._finished = True
        self._buffer = io.BytesIO()
        if self._sending is not None:
            self._sending.cancel()
            with contextlib.suppress(BlobError, asyncio.CancelledError):
                await self._sending
        if self._upload_id is not None:
            try:
                with translated(f"abort {self._key}"):
                    await self._client.abort_multipart_upload(
                        Bucket=self._bucket, Key=self._key, UploadId=self._upload_id
                    )
            except BlobError as error:
                log.warning("upload not removed: %s", error, extra={"action": "blob.abort.failed"})

    async def _send_part(self) -> None:
        await self._settle()
        if self._upload_id is None:
            with translated(f"begin {self._key}"):
                answer = await self._client.create_multipart_upload(
                    Bucket=self._bucket, Key=self._key, ContentType=self._mime
                )
            self._upload_id = answer["UploadId"]
        body, self._buffer = self._buffer, io.BytesIO()
        body.seek(0)
        self._sending = asyncio.create_task(self._upload(body, len(self._parts) + 1))

    async def _settle(self) -> None:
        """Wait for the part that is being sent."""
        if self._sending is not None:
            sending, self._sending = self._sending, None
            await sending

    async def _upload(self, body: io.BytesIO, number: int) -> None:
        assert self._upload_id is not None  # noqa: S101 -- set before the first part
        with translated(f"part {number} of {self._key}"):
            answer = await self._client.upload_part(
                Bucket=self._bucket, Key=self._key, UploadId=self._upload_id, PartNumber=number, Body=body
            )
        self._parts.append({"PartNumber": number, "ETag": answer["ETag"]})
