"""The blob store on S3."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from aiobotocore.response import StreamingBody
from botocore.exceptions import ClientError

from headrace_store.blobs.client import open_client
from headrace_store.blobs.errors import BlobNotFoundError, translated
from headrace_store.blobs.listing import Entry, Page, Unfinished
from headrace_store.blobs.settings import S3Settings
from headrace_store.blobs.writer import BlobWriter

if TYPE_CHECKING:  # the stubs are there when types are checked only
    from types_aiobotocore_s3.client import S3Client
    from types_aiobotocore_s3.type_defs import GetObjectRequestTypeDef

_CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class BlobHead:
    """What is known of an object. The type is a hint: some stores forget it, the record does not."""

    size: int
    mime: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BlobStream:
    """An object, or a range of it, on its way: ``size`` bytes in ``chunks``."""

    size: int
    chunks: AsyncIterator[bytes]


class S3Blobs:
    """One bucket. All methods raise the errors of ``blobs.errors``."""

    def __init__(self, client: S3Client, presigner: S3Client, settings: S3Settings) -> None:
        self._client = client
        self._presigner = presigner
        self._settings = settings
        self._bucket = settings.bucket

    async def ensure_bucket(self) -> None:
        """Make the bucket if it is not there; two processes may do so at once."""
        with translated(f"make bucket {self._bucket}"):
            try:
                await self._client.head_bucket(Bucket=self._bucket)
            except ClientError as error:
                if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") != 404:
                    raise
                try:
                    await self._client.create_bucket(Bucket=self._bucket)
                except ClientError as again:
                    if again.response.get("Error", {}).get("Code") not in {
                        "BucketAlreadyOwnedByYou",
                        "BucketAlreadyExists",
                    }:
                        raise

    async def check(self) -> None:
        """Raises BlobUnavailableError or BlobError when the bucket can't be used."""
        with translated(f"look at bucket {self._bucket}"):
            await self._client.head_bucket(Bucket=self._bucket)

    async def put(self, key: str, data: bytes, mime: str) -> None:
        """Store a small object whole."""
        async with self.writer(key, mime) as writer:
            await writer.write(data)
            await writer.finish()

    def writer(self, key: str, mime: str) -> BlobWriter:
        """Store an object of any size in a stream; see ``BlobWriter``."""
        return BlobWriter(
            self._client, bucket=self._bucket, key=key, mime=mime, part_bytes=self._settings.part_bytes
        )

    @asynccontextmanager
    async def open(
        self, key: str, *, start: int | None = None, end: int | None = None
    ) -> AsyncIterator[BlobStream]:
        """The bytes of an object from ``start`` to ``end``, both included, read as fast as they are taken."""
        request: GetObjectRequestTypeDef = {"Bucket": self._bucket, "Key": key}
        if start is not None:
            request["Range"] = f"bytes={start}-{'' if end is None else end}"
        with translated(f"get {key}"):
            answer = await self._client.get_object(**request)
        body = answer["Body"]
        async with body:
            yield BlobStream(size=answer["ContentLength"], chunks=_chunks(body, key))

    async def get(self, key: str, *, limit: int) -> bytes:
        """A small object whole. Raises ValueError when it is larger than ``limit`` bytes."""
        async with self.open(key) as stream:
            if stream.size > limit:
                raise ValueError(f"{key} has {stream.size} bytes, more than {limit}")
            return b"".join([chunk async for chunk in stream.chunks])

    async def head(self, key: str) -> BlobHead | None:
        """None when there is no such object."""
        try:
            with translated(f"head {key}"):
                answer = await self._client.head_object(Bucket=self._bucket, Key=key)
        except BlobNotFoundError:
            return None
        return BlobHead(size=answer["ContentLength"], mime=answer.get("ContentType", ""))

    async def copy(self, source: str, target: str) -> None:
        """Copy an object inside the store, up to 5 GiB. Raises BlobNotFoundError or BlobError."""
        with translated(f"copy {source}"):
            await self._client.copy_object(
                Bucket=self._bucket, Key=target, CopySource={"Bucket": self._bucket, "Key": source}
            )

    async def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no error."""
        try:
            with translated(f"delete {key}"):
                await self._client.delete_object(Bucket=self._bucket, Key=key)
        except BlobNotFoundError:
            return

    async def page(self, prefix: str, *, after: str = "", limit: int = 1000) -> Page:
        """Objects under ``prefix`` in the order of their keys, from the one behind ``after``."""
        with translated(f"list {prefix}"):
            answer = await self._client.list_objects_v2(
                Bucket=self._bucket, Prefix=prefix, StartAfter=after, MaxKeys=limit
            )
        entries = [
            Entry(key=found["Key"], size=found["Size"], modified=found["LastModified"])
            for found in answer.get("Contents", [])
        ]
        return Page(entries=entries, more=answer.get("IsTruncated", False))

    async def unfinished(self, prefix: str, *, limit: int = 1000) -> list[Unfinished]:
        """Uploads in parts that were begun under ``prefix`` and neither finished nor given up."""
        try:
            with translated(f"list uploads of {prefix}"):
                answer = await self._client.list_multipart_uploads(
                    Bucket=self._bucket, Prefix=prefix, MaxUploads=limit
                )
        except BlobNotFoundError:  # what some stores say when there is none
            return []
        return [
            Unfinished(key=found["Key"], upload_id=found["UploadId"], begun=found["Initiated"])
            for found in answer.get("Uploads", [])
        ]

    async def give_up(self, upload: Unfinished) -> None:
        """Throw away the parts of an upload; one that is finished or gone is no error."""
        try:
            with translated(f"abort {upload.key}"):
                await self._client.abort_multipart_upload(
                    Bucket=self._bucket, Key=upload.key, UploadId=upload.upload_id
                )
        except BlobNotFoundError:
            return

    async def presign_get(self, key: str, *, filename: str | None = None, expires_s: int = 3600) -> str:
        """A URL that gives the object to whoever has it, for ``expires_s`` seconds."""
        params = {"Bucket": self._bucket, "Key": key}
        if filename is not None:
            params["ResponseContentDisposition"] = f"attachment; filename*=UTF-8''{quote(filename, safe='')}"
        with translated(f"presign {key}"):
            return await self._presigner.generate_presigned_url(
                "get_object", Params=params, ExpiresIn=expires_s
            )

    async def presign_put(self, key: str, *, mime: str, expires_s: int = 3600) -> str:
        """A URL to which the object can be PUT with ``Content-Type: mime``, for ``expires_s`` seconds."""
        with translated(f"presign {key}"):
            return await self._presigner.generate_presigned_url(
                "put_object",
                Params={"Bucket": self._bucket, "Key": key, "ContentType": mime},
                ExpiresIn=expires_s,
            )


async def _chunks(body: StreamingBody, key: str) -> AsyncIterator[bytes]:
    with translated(f"read {key}"):
        while chunk := await body.read(_CHUNK_BYTES):
            yield chunk


@asynccontextmanager
async def open_blobs(settings: S3Settings) -> AsyncIterator[S3Blobs]:
    """The store; makes no call yet, so a process starts while S3 is away."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(open_client(settings, settings.endpoint_url))
        presigner = client
        if settings.public_endpoint_url not in {None, settings.endpoint_url}:
            presigner = await stack.enter_async_context(
                open_client(settings, settings.public_endpoint_url or settings.endpoint_url)
            )
        yield S3Blobs(client, presigner, settings)
