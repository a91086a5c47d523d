"""The files of a job as objects, each written once, large ones part by part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

import msgspec

from headrace_contracts.destinations import S3Config, S3Secret
from headrace_publisher.platforms.platform import (
    Done,
    Failed,
    Outcome,
    Publication,
    Session,
    StepEnd,
    read_session,
)
from headrace_publisher.platforms.s3.errors import ExistsError, GoneError, NoConditionError, judged
from headrace_publisher.platforms.s3.look import same, taken
from headrace_publisher.platforms.s3.stores import Place, Stores
from headrace_publisher.publish.parcel import Asset
from headrace_publisher.web.feed import ShortSourceError
from headrace_store.blobs.part import PartBody

if TYPE_CHECKING:  # the stubs are there when types are checked only
    from types_aiobotocore_s3.type_defs import CompletedPartTypeDef

_MIB = 1024 * 1024
_PART_BYTES = 8 * _MIB
#: Held in memory while it is sent.
_MOST_PART_BYTES = 64 * _MIB
_MOST_PARTS = 10_000
_MOST_RESTARTS = 3


class _State(msgspec.Struct, kw_only=True):
    #: Files that are there.
    done: int = 0
    #: Of the file under way; empty: it is small, or not begun.
    upload_id: str = ""
    #: Of the parts that the store has.
    etags: list[str] = msgspec.field(default_factory=list)
    restarts: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class S3Publisher:
    """``PlatformPublisher`` for ``s3``. A step is one small file, or one part of a large one."""

    stores: Stores
    part_bytes: int = _PART_BYTES

    async def start(self, publication: Publication) -> Outcome:
        return await self._go_on(publication, _State())

    async def step(self, publication: Publication, session: Session, *, resumed: bool) -> Outcome:  # noqa: ARG002 - a part that is sent twice replaces itself
        return await self._go_on(publication, read_session(session, _State))

    async def _go_on(self, publication: Publication, state: _State) -> Outcome:
        config, secret = publication.destination.config, publication.destination.secret
        assert isinstance(config, S3Config)  # noqa: S101 - the registry pairs platforms with their models
        assert secret is None or isinstance(secret, S3Secret)  # noqa: S101 - as above
        files = publication.parcel.files
        async with self.stores.open(config, secret) as place:
            asset = files[state.done]
            key = f"{place.folder}{publication.parcel.job_id}/{asset.name}"
            if await self._file(place, key, asset, state):
                state = _State(done=state.done + 1)
            if state.done < len(files):
                return Session.of(state)
            first = f"{place.folder}{publication.parcel.job_id}/{files[0].name}"
            return Done(url=f"s3://{place.bucket}/{first}", remote_id=first)

    async def _file(self, place: Place, key: str, asset: Asset, state: _State) -> bool:
        """One step of a file; True when it is there."""
        if state.upload_id:
            return await self._large(place, key, asset, state)
        if asset.size <= self.part_bytes:
            return await self._small(place, key, asset)
        if await taken(place, key):
            return _judge_there(place, key, ours=await same(place, key, size=asset.size, data=None))
        with judged(f"begin {asset.name}", own=place.own):
            begun = await place.client.create_multipart_upload(
                Bucket=place.bucket, Key=key, ContentType=asset.mime
            )
        state.upload_id = begun["UploadId"]
        return False

    async def _small(self, place: Place, key: str, asset: Asset) -> bool:
        data = await _read(asset, 0, asset.size)
        if not await taken(place, key):
            try:
                await self._put(place, key, asset, data)
            except ExistsError:
                pass  # somebody was faster: perhaps we ourselves, in an attempt that was cut off
            else:
                return True
        return _judge_there(place, key, ours=await same(place, key, size=asset.size, data=data))

    async def _put(self, place: Place, key: str, asset: Asset, data: PartBody) -> None:
        for condition in (True, False):
            try:
                with judged(f"write {asset.name}", own=place.own):
                    data.seek(0)
                    body = cast("IO[bytes]", data)
                    if condition:
                        await place.client.put_object(
                            Bucket=place.bucket, Key=key, Body=body, ContentType=asset.mime, IfNoneMatch="*"
                        )
                    else:
                        await place.client.put_object(
                            Bucket=place.bucket, Key=key, Body=body, ContentType=asset.mime
                        )
            except NoConditionError:
                continue
            else:
                return

    async def _large(self, place: Place, key: str, asset: Asset, state: _State) -> bool:
        size = part_bytes_for(asset, self.part_bytes)
        start = len(state.etags) * size
        try:
            if start < asset.size:
                with judged(f"write {asset.name}", own=place.own):
                    sent = await place.client.upload_part(
                        Bucket=place.bucket,
                        Key=key,
                        UploadId=state.upload_id,
                        PartNumber=len(state.etags) + 1,
                        Body=cast("IO[bytes]", await _read(asset, start, min(start + size, asset.size))),
                    )
                state.etags.append(sent["ETag"])
                return False
            await self._complete(place, key, asset, state)
        except ExistsError:
            await self._abort(place, key, state)
            return _judge_there(place, key, ours=await same(place, key, size=asset.size, data=None))
        except GoneError:
            return await self._lost(place, key, asset, state)
        return True

    async def _complete(self, place: Place, key: str, asset: Asset, state: _State) -> None:
        parts: list[CompletedPartTypeDef] = [
            {"PartNumber": number, "ETag": etag} for number, etag in enumerate(state.etags, 1)
        ]
        for condition in (True, False):
            try:
                with judged(f"complete {asset.name}", own=place.own):
                    if condition:
                        await place.client.complete_multipart_upload(
                            Bucket=place.bucket, Key=key, UploadId=state.upload_id,
                            MultipartUpload={"Parts": parts}, IfNoneMatch="*",
                        )  # fmt: skip
                    else:
                        await place.client.complete_multipart_upload(
                            Bucket=place.bucket, Key=key, UploadId=state.upload_id,
                            MultipartUpload={"Parts": parts},
                        )  # fmt: skip
            except NoConditionError:
                continue
            else:
                return

    async def _lost(self, place: Place, key: str, asset: Asset, state: _State) -> bool:
        """The upload is gone: it was completed by an attempt that was cut off, or the store threw it away."""
        if await taken(place, key):
            return _judge_there(place, key, ours=await same(place, key, size=asset.size, data=None))
        if state.restarts >= _MOST_RESTARTS:
            reason = f"write {asset.name}: the store lost the upload {_MOST_RESTARTS + 1} times"
            raise StepEnd(Failed(reason=reason, permanent=True))
        state.upload_id, state.etags, state.restarts = "", [], state.restarts + 1
        return False

    async def _abort(self, place: Place, key: str, state: _State) -> None:
        """Parts of an upload that will not be completed cost money until the store's lifecycle removes them."""
        try:
            with judged("abort", own=place.own):
                await place.client.abort_multipart_upload(
                    Bucket=place.bucket, Key=key, UploadId=state.upload_id
                )
        except (GoneError, NoConditionError, ExistsError, StepEnd):
            return


def part_bytes_for(asset: Asset, least: int) -> int:
    """The size of the parts of a file, in bytes. Raises StepEnd for a file that is too large."""
    size = max(least, -(-asset.size // _MOST_PARTS))
    if size > max(least, _MOST_PART_BYTES):
        most = _MOST_PART_BYTES * _MOST_PARTS
        raise StepEnd(
            Failed(reason=f"{asset.name} has {asset.size} bytes; at most {most} can be sent", permanent=True)
        )
    return size


def _judge_there(place: Place, key: str, *, ours: bool) -> bool:
    if ours:
        return True
    reason = f"s3://{place.bucket}/{key} is there already with other content; it is not overwritten"
    raise StepEnd(Failed(reason=reason, permanent=True))


async def _read(asset: Asset, start: int, end: int) -> PartBody:
    body = PartBody()
    async with asset.source.open(start, end) as chunks:
        async for chunk in chunks:
            body.append(chunk)
    if len(body) != end - start:
        raise ShortSourceError(f"{asset.name} is not as long as the record says")
    return body
