"""A video: session, chunks, thumbnail, processing."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote

import msgspec

from headrace_contracts.destinations import YouTubeConfig
from headrace_publisher.platforms.platform import (
    Done,
    Failed,
    Outcome,
    Publication,
    Session,
    StepEnd,
    Wait,
    read_session,
)
from headrace_publisher.platforms.youtube import limits, upload
from headrace_publisher.platforms.youtube.answers import processed
from headrace_publisher.platforms.youtube.api import Api
from headrace_publisher.platforms.youtube.tokens import Tokens
from headrace_publisher.publish.parcel import Asset, Parcel
from headrace_publisher.web.calls import Calls
from headrace_publisher.web.feed import Feed

log = logging.getLogger(__name__)

_POLLS_S = (5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0)
#: The video is there; after this it is called published whatever YouTube still does with it.
_MOST_PROCESSING_S = 24 * 3600.0
_MOST_RESTARTS = 5


class _State(msgspec.Struct, kw_only=True):
    phase: Literal["upload", "thumbnail", "processing"]
    #: A capability: whoever has it may write to the upload.
    uri: str = ""
    #: Bytes that the server has confirmed.
    offset: int = 0
    video_id: str = ""
    #: Fixed when the first session began: a restart does not move it.
    publish_at: str | None = None
    restarts: int = 0
    polls: int = 0
    #: Unix time when the upload was whole.
    since: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class YouTubePublisher:
    """``PlatformPublisher`` for ``youtube``."""

    calls: Calls
    tokens: Tokens
    #: A multiple of 256 KiB.
    chunk_bytes: int
    now_s: Callable[[], float] = time.time

    async def start(self, publication: Publication) -> Outcome:
        asset = publication.parcel.main
        if asset is None or asset.kind != "video":
            what = "no file" if asset is None else f"{asset.name}, which is {asset.mime}"
            return Failed(reason=f"YouTube takes videos; the result of the job is {what}", permanent=True)
        if asset.size == 0:
            return Failed(reason=f"{asset.name} is empty", permanent=True)
        config = self._api(publication).config
        publish_at = None
        if config.publish_after_s is not None:
            moment = datetime.fromtimestamp(self.now_s(), UTC) + timedelta(seconds=config.publish_after_s)
            publish_at = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        return await self._begin(publication, asset, _State(phase="upload", publish_at=publish_at))

    async def step(self, publication: Publication, session: Session, *, resumed: bool) -> Outcome:
        state = read_session(session, _State)
        asset = publication.parcel.main
        if asset is None:
            return Failed(reason="the job has no video any more", permanent=True)
        publication.hide(state.uri)
        match state.phase:
            case "upload":
                return await self._upload(publication, asset, state, resumed=resumed)
            case "thumbnail":
                return await self._thumbnail(publication, state)
            case "processing":
                return await self._processing(publication, state)

    def _api(self, publication: Publication) -> Api:
        return Api(calls=self.calls, tokens=self.tokens, publication=publication)

    async def _begin(self, publication: Publication, asset: Asset, state: _State) -> Outcome:
        api = self._api(publication)
        state.uri = await upload.begin(
            api, asset, video_resource(publication.parcel, api.config, publish_at=state.publish_at)
        )
        state.offset = 0
        return Session.of(state)

    async def _upload(
        self, publication: Publication, asset: Asset, state: _State, *, resumed: bool
    ) -> Outcome:
        api = self._api(publication)
        try:
            if resumed or state.offset >= asset.size:
                # The server may have more than was saved here, even the whole of it.
                progress = await upload.ask(api, asset, state.uri)
                if not progress.video_id and progress.offset >= asset.size:
                    return Failed(
                        reason="upload the video: all is sent, and no video is there", permanent=False
                    )
            else:
                progress = await self._send(api, asset, state)
                if not progress.video_id and progress.offset <= state.offset:
                    return Failed(
                        reason="upload the video: the server kept nothing of a chunk", permanent=False
                    )
        except upload.ExpiredError:
            if state.restarts >= _MOST_RESTARTS:
                reason = f"upload the video: YouTube forgot the upload {_MOST_RESTARTS + 1} times"
                return Failed(reason=reason, permanent=True)
            state.restarts += 1
            return await self._begin(publication, asset, state)
        state.uri, state.offset = progress.uri, progress.offset
        if progress.video_id:
            state.video_id, state.since = progress.video_id, self.now_s()
            state.phase = "processing" if publication.parcel.thumbnail is None else "thumbnail"
        return Session.of(state)

    async def _send(self, api: Api, asset: Asset, state: _State) -> upload.Progress:
        """The next chunk. One that is refused may only be out of step: a worker that has lost the publication without
        knowing it yet can have sent the same one."""
        try:
            return await upload.send(api, asset, state.uri, offset=state.offset, chunk_bytes=self.chunk_bytes)
        except StepEnd as end:
            if not (isinstance(end.outcome, Failed) and end.outcome.permanent):
                raise
            try:
                progress = await upload.ask(api, asset, state.uri)
            except StepEnd:
                raise end from None
            if progress.offset == state.offset:
                raise
            return progress

    async def _thumbnail(self, publication: Publication, state: _State) -> Outcome:
        """A picture that YouTube does not take is no reason to fail: the video is there."""
        api = self._api(publication)
        picture = publication.parcel.thumbnail
        state.phase = "processing"
        if picture is None or not limits.takes_thumbnail(picture):
            return Session.of(state)
        url = (
            f"{api.config.base_url}/upload/youtube/v3/thumbnails/set?videoId={quote(state.video_id, safe='')}"
        )
        what = "set the thumbnail"
        answer = await api.call(
            what,
            "POST",
            f"{url}&uploadType=media",
            headers={"Content-Type": picture.mime},
            body=lambda: Feed(picture),
        )
        if answer.ok:
            return Session.of(state)
        outcome = api.judge(what, answer)
        if isinstance(outcome, Failed) and not outcome.permanent:
            return outcome
        log.warning(
            "the thumbnail was not taken: HTTP %d", answer.status, extra={"action": "publication.thumbnail"}
        )
        return Session.of(state)

    async def _processing(self, publication: Publication, state: _State) -> Outcome:
        api = self._api(publication)
        done = Done(url=api.config.watch_url + quote(state.video_id, safe=""), remote_id=state.video_id)
        video_id = quote(state.video_id, safe="")
        what = "ask for the video"
        answer = await api.call(
            what,
            "GET",
            f"{api.config.base_url}/youtube/v3/videos?part=status,processingDetails&id={video_id}",
        )
        if answer.status == 403 and "scope" in answer.words().lower():
            return done  # a token that may upload only can't look
        if answer.status != 200:
            return api.judge(what, answer)
        items = answer.json().get("items")
        if not isinstance(items, list) or not items or not isinstance(items[0], dict):
            return Failed(reason="the video is not on YouTube any more", permanent=True)
        verdict = processed(items[0])
        if isinstance(verdict, str):
            return Failed(reason=verdict, permanent=True)
        if verdict or self.now_s() - state.since > _MOST_PROCESSING_S:
            return done
        delay_s = _POLLS_S[min(state.polls, len(_POLLS_S) - 1)]
        state.polls += 1
        return Wait(
            until=datetime.now(UTC) + timedelta(seconds=delay_s),
            reason="YouTube is processing the video",
            session=Session.of(state),
        )


def video_resource(parcel: Parcel, config: YouTubeConfig, *, publish_at: str | None) -> dict[str, Any]:
    """The video as it is announced. ``privacyStatus`` is always said: without it YouTube makes it public."""
    status: dict[str, Any] = {
        "privacyStatus": config.privacy,
        "selfDeclaredMadeForKids": config.made_for_kids,
    }
    if publish_at is not None and config.privacy == "private":
        status["publishAt"] = publish_at
    snippet: dict[str, Any] = {
        "title": limits.title(parcel.title),
        "description": limits.description(parcel.description),
        "categoryId": config.category_id,
    }
    tags = limits.tags(parcel.tags)
    if tags:
        snippet["tags"] = tags
    return {"snippet": snippet, "status": status}
