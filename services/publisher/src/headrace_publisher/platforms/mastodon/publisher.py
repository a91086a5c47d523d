"""Limits, media, patience, status: the way of a post to Mastodon.

A status is made once: the server remembers an ``Idempotency-Key`` for an hour, and we never send one again after
longer than that when its first sending had no clear answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec

from headrace_contracts.destinations import MastodonConfig, MastodonSecret
from headrace_publisher.platforms.mastodon.form import media_form
from headrace_publisher.platforms.mastodon.limits import Limits, limits_of, misfit
from headrace_publisher.platforms.mastodon.status import status_text
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
from headrace_publisher.publish.parcel import Asset, whole
from headrace_publisher.publish.texts import cut
from headrace_publisher.web.answer import judge
from headrace_publisher.web.calls import Calls

#: The server keeps an Idempotency-Key for an hour (methods/statuses).
_KEY_S = 55 * 60.0
_POLLS_S = (1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0, 30.0)
_MOST_PROCESSING_S = 3600.0
_MOST_UPLOADS = 4
_MOST_THUMBNAIL_BYTES = 2 * 1024 * 1024
_NOT_FINISHED = "not finished processing"


class _State(msgspec.Struct, kw_only=True):
    phase: Literal["upload", "processing", "ready", "posting"]
    limits: Limits
    media_id: str = ""
    uploads: int = 0
    polls: int = 0
    #: Unix times: when the media was handed in, and when the status was first sent without a clear answer.
    since: float = 0.0
    sent_at: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class MastodonPublisher:
    """``PlatformPublisher`` for ``mastodon``."""

    calls: Calls
    now_s: Callable[[], float] = time.time

    async def start(self, publication: Publication) -> Outcome:
        config, headers = _config(publication)
        answer = await self.calls.expect(
            "ask the instance for its limits", "GET", f"{config.base_url}/api/v2/instance", headers=headers
        )
        limits = limits_of(answer.json())
        asset = _media(publication)
        if asset is None:
            return Session.of(_State(phase="ready", limits=limits))
        wrong = misfit(asset, limits)
        if wrong is not None:
            return Failed(reason=wrong, permanent=True)
        return Session.of(_State(phase="upload", limits=limits))

    async def step(self, publication: Publication, session: Session, *, resumed: bool) -> Outcome:  # noqa: ARG002 - the phases say all that is to be known
        state = read_session(session, _State)
        match state.phase:
            case "upload":
                return await self._upload(publication, state)
            case "processing":
                return await self._processing(publication, state)
            case "ready":
                state.phase, state.sent_at = "posting", self.now_s()
                return Session.of(state)
            case "posting":
                return await self._post(publication, state)

    async def _upload(self, publication: Publication, state: _State) -> Outcome:
        config, headers = _config(publication)
        asset = _media(publication)
        if asset is None:
            return Failed(reason="the job has no media any more", permanent=True)
        thumbnail = await _thumbnail(publication, asset)
        fields = {"description": cut(publication.parcel.alt_text, state.limits.description)}
        content_type, body = media_form(asset, fields=fields, thumbnail=thumbnail)
        answer = await self.calls.expect(
            "hand in the media",
            "POST",
            f"{config.base_url}/api/v2/media",
            headers=headers | {"Content-Type": content_type},
            body=body,
        )
        media_id = answer.json().get("id")
        if not isinstance(media_id, str) or not media_id.isalnum():
            return Failed(reason="hand in the media: the answer has no id", permanent=False)
        state.media_id, state.uploads = media_id, state.uploads + 1
        state.polls, state.since = 0, self.now_s()
        state.phase = "processing" if answer.status == 202 else "ready"
        return Session.of(state)

    async def _processing(self, publication: Publication, state: _State) -> Outcome:
        config, headers = _config(publication)
        what = "ask for the media"
        answer = await self.calls.call(
            what, "GET", f"{config.base_url}/api/v1/media/{state.media_id}", headers=headers
        )
        if answer.status == 200:
            state.phase = "ready"
            return Session.of(state)
        if answer.status == 206:
            return self._patience(state)
        if answer.status == 404:
            return _again(state)
        if answer.status == 422:
            return Failed(
                reason=f"the instance could not process the media: {answer.words()}", permanent=True
            )
        return judge(what, answer, now=datetime.now(UTC))

    def _patience(self, state: _State) -> Outcome:
        if self.now_s() - state.since > _MOST_PROCESSING_S:
            return Failed(reason="the instance did not process the media within an hour", permanent=True)
        delay_s = _POLLS_S[min(state.polls, len(_POLLS_S) - 1)]
        state.polls += 1
        state.phase = "processing"
        return Wait(
            until=datetime.now(UTC) + timedelta(seconds=delay_s),
            reason="the instance is processing the media",
            session=Session.of(state),
        )

    async def _post(self, publication: Publication, state: _State) -> Outcome:
        if self.now_s() - state.sent_at > _KEY_S:
            reason = (
                "make the status: it was sent before and had no clear answer, and the instance would not know it "
                "again after an hour; look whether it is there before you publish again"
            )
            return Failed(reason=reason, permanent=True)
        config, headers = _config(publication)
        what = "make the status"
        body = msgspec.json.encode(_status(publication, config, state))
        sent = headers | {"Content-Type": "application/json", "Idempotency-Key": str(publication.id)}
        url = f"{config.base_url}/api/v1/statuses"
        try:
            answer = await self.calls.call(what, "POST", url, headers=sent, body=body)
        except StepEnd as end:
            certain = isinstance(end.outcome, Failed) and end.outcome.unsent
            return _unsent(state, end.outcome) if certain else end.outcome
        if answer.status == 200:
            found = answer.json()
            return Done(url=_web(found, "url") or _web(found, "uri"), remote_id=_text(found, "id"))
        if answer.status == 422 and _NOT_FINISHED in answer.words():
            return self._patience(state)
        outcome = judge(what, answer, now=datetime.now(UTC))
        return _unsent(state, outcome) if answer.status < 500 else outcome


def _again(state: _State) -> Outcome:
    """An instance forgets media that no status took; what is gone is handed in again."""
    if state.uploads >= _MOST_UPLOADS:
        return Failed(reason=f"the instance lost the media {_MOST_UPLOADS} times", permanent=True)
    state.phase, state.media_id = "upload", ""
    return Session.of(state)


def _unsent(state: _State, outcome: Outcome) -> Outcome:
    """There is no status for certain: another try is a first one."""
    state.phase, state.sent_at = "ready", 0.0
    if isinstance(outcome, Wait | Failed):
        return replace(outcome, session=Session.of(state))
    return outcome


def _config(publication: Publication) -> tuple[MastodonConfig, dict[str, str]]:
    config, secret = publication.destination.config, publication.destination.secret
    assert isinstance(config, MastodonConfig)  # noqa: S101 - the registry pairs platforms with their models
    assert isinstance(secret, MastodonSecret)  # noqa: S101 - as above
    token = secret.access_token.get_secret_value()
    return config, {"Authorization": f"Bearer {token}", "User-Agent": "Headrace-Publisher/1.0"}


def _media(publication: Publication) -> Asset | None:
    """The main file; a job without one is told in words, with its picture if it has one."""
    return publication.parcel.main or publication.parcel.thumbnail


async def _thumbnail(publication: Publication, asset: Asset) -> tuple[Asset, bytes] | None:
    picture = publication.parcel.thumbnail
    if picture is None or picture is asset or asset.kind not in {"video", "audio"}:
        return None
    return None if picture.size > _MOST_THUMBNAIL_BYTES else (picture, await whole(picture))


def _status(publication: Publication, config: MastodonConfig, state: _State) -> dict[str, Any]:
    limits = state.limits
    room = limits.characters - len(config.spoiler_text)
    text = status_text(publication.parcel, characters=room, url_characters=limits.url_characters)
    status: dict[str, Any] = {"status": text, "visibility": config.visibility, "sensitive": config.sensitive}
    if state.media_id:
        status["media_ids"] = [state.media_id]
    if config.spoiler_text:
        status["spoiler_text"] = config.spoiler_text
    if config.language is not None:
        status["language"] = config.language
    return status


def _text(found: dict[str, Any], name: str) -> str | None:
    value = found.get(name)
    return value[:2000] if isinstance(value, str) and value else None


def _web(found: dict[str, Any], name: str) -> str | None:
    """An address that people may click on; an instance could say anything here."""
    value = _text(found, name)
    return value if value and value.startswith(("https://", "http://")) and value.isprintable() else None
