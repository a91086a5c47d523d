"""Whether a key is taken, and by what: a publication that was cut off finds its own objects again."""

from __future__ import annotations

from botocore.exceptions import ClientError

from headrace_publisher.platforms.s3.errors import GoneError, code_of, judged
from headrace_publisher.platforms.s3.stores import Place
from headrace_store.blobs.part import PartBody


async def taken(place: Place, key: str) -> bool:
    """Whether there is an object. Keys that may write only can't look: then the store's own condition decides."""
    return await _size(place, key, unknown=None) is not None


async def same(place: Place, key: str, *, size: int, data: PartBody | None) -> bool:
    """Whether the object under ``key`` is the one that we would write: as long, and with the same bytes where they
    are at hand. The key holds the job's id, so what is as long is ours."""
    found = await _size(place, key, unknown=size)
    if found != size:
        return False
    if data is None:
        return True
    try:
        with judged("look at the object", own=place.own):
            try:
                answer = await place.client.get_object(Bucket=place.bucket, Key=key)
            except ClientError as error:
                if code_of(error)[1] == 403:
                    return True
                raise
            async with answer["Body"] as body:
                there = await body.read()
    except GoneError:
        return False
    data.seek(0)
    return bool(there == data.read())


async def _size(place: Place, key: str, *, unknown: int | None) -> int | None:
    """The object's length; None: there is none. ``unknown``: what to say when the keys may not look."""
    try:
        with judged("look at the object", own=place.own):
            try:
                answer = await place.client.head_object(Bucket=place.bucket, Key=key)
            except ClientError as error:
                if code_of(error)[1] == 403 and not place.own:
                    return unknown
                raise
    except GoneError:
        return None
    return int(answer["ContentLength"])
