"""The resumable upload: a session, chunks that the server confirms, and a question where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin

import msgspec

from headrace_publisher.platforms.platform import Failed, Outcome, StepEnd
from headrace_publisher.platforms.youtube.answers import confirmed
from headrace_publisher.platforms.youtube.api import Api
from headrace_publisher.publish.parcel import Asset
from headrace_publisher.web.answer import Answer
from headrace_publisher.web.feed import Feed

#: Chunks are multiples of this, but for the last one.
UNIT_BYTES = 256 * 1024
_WHAT = "upload the video"


class ExpiredError(Exception):
    """The server does not know the session any more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """After a call: what the server has, or the id of the whole video. The address may have changed."""

    uri: str
    offset: int
    video_id: str = ""


async def begin(api: Api, asset: Asset, video: dict[str, object]) -> str:
    """A new session; returns its address, which is a capability. Raises StepEnd."""
    config = api.config
    notify = "true" if config.notify_subscribers else "false"
    url = (
        f"{config.base_url}/upload/youtube/v3/videos?uploadType=resumable&part=snippet,status"
        f"&notifySubscribers={notify}"
    )
    headers = {
        "Content-Type": "application/json; charset=UTF-8",
        "X-Upload-Content-Length": str(asset.size),
        "X-Upload-Content-Type": asset.mime,
    }
    what = "begin the upload"
    answer = await api.call(what, "POST", url, headers=headers, body=lambda: msgspec.json.encode(video))
    if answer.status != 200:
        raise StepEnd(api.judge(what, answer))
    location = answer.headers.get("Location", "")
    if not location:
        raise StepEnd(Failed(reason=f"{what}: the answer has no Location", permanent=False))
    uri = urljoin(url, location)
    api.publication.hide(uri)
    return uri


async def ask(api: Api, asset: Asset, uri: str) -> Progress:
    """How much the server has. Raises ExpiredError and StepEnd."""
    headers = {"Content-Range": f"bytes */{asset.size}"}
    answer = await api.call("ask how far the upload is", "PUT", uri, headers=headers, body=lambda: b"")
    return _progress(api, answer, uri, asset)


async def send(api: Api, asset: Asset, uri: str, *, offset: int, chunk_bytes: int) -> Progress:
    """Send the next chunk from ``offset``. Raises ExpiredError and StepEnd."""
    end = min(offset + chunk_bytes, asset.size)
    headers = {
        "Content-Type": asset.mime,
        "Content-Range": f"bytes {offset}-{end - 1}/{asset.size}",
    }
    answer = await api.call(
        _WHAT, "PUT", uri, headers=headers, body=lambda: Feed(asset, start=offset, end=end)
    )
    return _progress(api, answer, uri, asset)


def _progress(api: Api, answer: Answer, uri: str, asset: Asset) -> Progress:
    if answer.status == 308:
        location = answer.headers.get("Location")
        moved = urljoin(uri, location) if location else uri
        api.publication.hide(moved)
        return Progress(uri=moved, offset=min(confirmed(answer), asset.size))
    if answer.status in {200, 201}:
        video_id = answer.json().get("id")
        if not isinstance(video_id, str) or not video_id:
            raise StepEnd(Failed(reason=f"{_WHAT}: the answer has no id of the video", permanent=True))
        return Progress(uri=uri, offset=asset.size, video_id=video_id)
    if answer.status in {404, 410}:
        raise ExpiredError
    outcome: Outcome = api.judge(_WHAT, answer)
    raise StepEnd(outcome)
