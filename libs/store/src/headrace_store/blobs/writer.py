"""Streaming into S3 with bounded memory: one part at a time, the sender waits while it is sent."""

from __future__ import annotations

import logging
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self, cast

from headrace_store.blobs.errors import BlobError, translated
from headrace_store.blobs.part import PartBody

if TYPE_CHECKING:  # the stubs are there when types are checked only
    from types_aiobotocore_s3.client import S3Client
    from types_aiobotocore_s3.type_defs import CompletedPartTypeDef

log = logging.getLogger(__name__)


class BlobWriter:
    """Writes one object. It appears under its key when ``finish`` returns, and not at all otherwise.

    Holds at most one part. Use as ``async with``: leaving without ``finish`` throws away what was written.
    """

    def __init__(self, client: S3Client, *, bucket: str, key: str, mime: str, part_bytes: int) -> None:
        self._client = client
        self._bucket = bucket
        self._key = key
        self._mime = mime
        self._part_bytes = part_bytes
        self._buffer = PartBody()
        self._upload_id: str | None = None
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
        """Take ``data``; waits while a full part is sent.

        Raises BlobUnavailableError or BlobError.
        """
        self._buffer.append(data)
        self.size += len(data)
        if len(self._buffer) >= self._part_bytes:
            await self._send_part()

    async def finish(self, *, mime: str | None = None) -> int:
        """Make the object appear; returns its size in bytes. ``mime`` replaces the type if no part was sent yet."""
        if self._upload_id is None:
            with translated(f"put {self._key}"):
                await self._client.put_object(
                    Bucket=self._bucket,
                    Key=self._key,
                    Body=cast("IO[bytes]", self._buffer),
                    ContentType=mime or self._mime,
                )
        else:
            if len(self._buffer):
                await self._send_part()
            with translated(f"complete {self._key}"):
                await self._client.complete_multipart_upload(
                    Bucket=self._bucket,
                    Key=self._key,
                    UploadId=self._upload_id,
                    MultipartUpload={"Parts": self._parts},
                )
        self._finished = True
        self._buffer = PartBody()
        return self.size

    async def abort(self) -> None:
        """Throw away what was written, unless it is finished.

        Never raises: what can't be removed now the store's lifecycle removes.
        """
        if self._finished:
            return
        self._finished = True
        self._buffer = PartBody()
        if self._upload_id is not None:
            try:
                with translated(f"abort {self._key}"):
                    await self._client.abort_multipart_upload(
                        Bucket=self._bucket, Key=self._key, UploadId=self._upload_id
                    )
            except BlobError as error:
                log.warning("upload not removed: %s", error, extra={"action": "blob.abort.failed"})

    async def _send_part(self) -> None:
        if self._upload_id is None:
            with translated(f"begin {self._key}"):
                begun = await self._client.create_multipart_upload(
                    Bucket=self._bucket, Key=self._key, ContentType=self._mime
                )
            self._upload_id = begun["UploadId"]
        number = len(self._parts) + 1
        with translated(f"part {number} of {self._key}"):
            sent = await self._client.upload_part(
                Bucket=self._bucket,
                Key=self._key,
                UploadId=self._upload_id,
                PartNumber=number,
                Body=cast("IO[bytes]", self._buffer),
            )
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        self._buffer = PartBody()
