"""One signed request a file, to the address of the destination."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import quote, urljoin

import msgspec
from pydantic import SecretStr

from headrace_contracts.destinations import HttpConfig, HttpSecret, check_target
from headrace_contracts.signing import Signer, parse_secret
from headrace_publisher.platforms.platform import (
    Done,
    Outcome,
    Publication,
    Session,
    read_session,
)
from headrace_publisher.publish.parcel import Asset
from headrace_publisher.web.answer import Answer
from headrace_publisher.web.calls import Calls
from headrace_publisher.web.feed import Feed

_MAX_URL_CHARS = 2000


class _State(msgspec.Struct, kw_only=True):
    #: Files that the receiver has.
    sent: int = 0
    #: Where the first of them is.
    url: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpPublisher:
    """``PlatformPublisher`` for ``http``. Only 2xx is success; redirects are not followed."""

    calls: Calls

    async def start(self, publication: Publication) -> Outcome:
        return await self._send(publication, _State())

    async def step(self, publication: Publication, session: Session, *, resumed: bool) -> Outcome:  # noqa: ARG002 - a file that came twice has the same id
        return await self._send(publication, read_session(session, _State))

    async def _send(self, publication: Publication, state: _State) -> Outcome:
        config, secret = publication.destination.config, publication.destination.secret
        assert isinstance(config, HttpConfig)  # noqa: S101 - the registry pairs platforms with their models
        assert isinstance(secret, HttpSecret)  # noqa: S101 - as above
        files = _files(publication, config)
        asset = files[state.sent]
        url = target(config.url, job_id=str(publication.parcel.job_id), name=asset.name)
        headers = await _headers(publication, config, secret, asset, index=state.sent)
        answer = await self.calls.expect(
            f"send {asset.name}", config.method, url, headers=headers, body=Feed(asset)
        )
        if state.sent == 0:
            state.url = self._found_at(url, answer)
        state.sent += 1
        if state.sent == len(files):
            return Done(url=state.url)
        return Session.of(state)

    def _found_at(self, url: str, answer: Answer) -> str:
        """What the receiver says of where the file is now, if it is an address; else where it was sent."""
        location = answer.headers.get("Location", "")
        try:
            found = urljoin(url, location)
        except ValueError:
            return url
        if len(found) > _MAX_URL_CHARS or check_target(found, allow_loopback=self.calls.allow_loopback):
            return url
        return found


def target(template: str, *, job_id: str, name: str) -> str:
    """The URL of one file. What is put in is encoded; the template was checked."""
    return template.replace("{job_id}", job_id).replace("{name}", quote(name, safe=""))


def _files(publication: Publication, config: HttpConfig) -> tuple[Asset, ...]:
    files = publication.parcel.files
    return files if "{name}" in config.url else files[:1]


async def _headers(
    publication: Publication, config: HttpConfig, secret: HttpSecret, asset: Asset, *, index: int
) -> dict[str, str]:
    """The id is the same on every attempt: a receiver drops what it has."""
    message_id = f"{publication.id}-{index}"
    headers = {
        "Content-Type": asset.mime,
        "User-Agent": "Headrace-Publisher/1.0",
        "Idempotency-Key": message_id,
        "X-Headrace-Job-Id": str(publication.parcel.job_id),
        "X-Headrace-File": quote(asset.name, safe=""),
    }
    if secret.authorization is not None:
        headers["Authorization"] = secret.authorization.get_secret_value()
    return headers | await _signature(config, secret.signing_secret, asset, message_id)


async def _signature(config: HttpConfig, key: SecretStr, asset: Asset, message_id: str) -> dict[str, str]:
    """The signature stands before the body, so the file is read once for it and once more to be sent."""
    if config.signature == "standard":
        signer = Signer(
            (parse_secret(key.get_secret_value()),), webhook_id=message_id, timestamp_s=int(time.time())
        )
        async for chunk in _chunks(asset):
            signer.update(chunk)
        return signer.headers()
    digest = hmac.new(key.get_secret_value().encode(), digestmod=hashlib.sha256)
    async for chunk in _chunks(asset):
        digest.update(chunk)
    return {config.header: f"sha256={digest.hexdigest()}"}


async def _chunks(asset: Asset) -> AsyncIterator[bytes]:
    async with asset.source.open(0, asset.size) as chunks:
        async for chunk in chunks:
            yield chunk
