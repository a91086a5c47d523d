"""The four platforms as cases of one suite: a strict server, a destination there, and how to look what arrived."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from aiohttp import web
from tests.support.platforms import parcels
from tests.support.platforms.inbox import inbox
from tests.support.platforms.s3_front import s3_front
from tests.support.platforms.troubles import Troubles
from tests.support.platforms.youtube import UNIT, youtube
from tests.support.servers import S3Access, s3_client

from headrace.demo.mastodon import mastodon
from headrace_contracts.destinations import Destination, parse_destination
from headrace_publisher.platforms.http.publisher import HttpPublisher
from headrace_publisher.platforms.mastodon.publisher import MastodonPublisher
from headrace_publisher.platforms.platform import PlatformPublisher, Publication
from headrace_publisher.platforms.s3.publisher import S3Publisher
from headrace_publisher.platforms.s3.stores import Stores
from headrace_publisher.platforms.youtube.publisher import YouTubePublisher
from headrace_publisher.platforms.youtube.tokens import Tokens
from headrace_publisher.web.calls import Calls
from headrace_runtime.guard import open_session

PLATFORMS = ("s3", "http", "mastodon", "youtube")
CANARY = "canary-7f3a-no-one-may-see-this"
WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

Config = dict[str, Any]
Secret = dict[str, str]


@dataclass(kw_only=True)
class Case:
    """One platform. ``server`` is the test's own; ``made`` says how often a publication is there, whole."""

    name: str
    platform: PlatformPublisher
    config: Config
    secret: Secret
    #: The same destination with credentials that the server does not know.
    wrong: Secret
    troubles: Troubles
    server: Any
    made: Callable[[Publication], Awaitable[int]]
    #: The request that hands in the first bytes or words.
    main: Callable[[web.Request], bool]
    refusal: dict[str, Any]
    limit: dict[str, Any]
    #: How often the platform's own library asks before it gives a request up.
    tries: int = 1
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def destination(self) -> Destination:
        return parse_destination(self.name, self.config, self.secret, allow_loopback=True)

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(self.secret.values())


@asynccontextmanager
async def case_of(name: str, bucket: S3Access) -> AsyncIterator[Case]:
    """The platform ``name`` with its server."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(
            open_session(allow_loopback=True, timeout=aiohttp.ClientTimeout(total=20))
        )
        calls = Calls(session=session, allow_loopback=True)
        yield await _OPENERS[name](stack, calls, Troubles(), bucket)


async def _s3(stack: AsyncExitStack, calls: Calls, troubles: Troubles, bucket: S3Access) -> Case:
    url = await stack.enter_async_context(s3_front(bucket.endpoint_url, middlewares=[troubles.middleware]))
    client = await stack.enter_async_context(s3_client(bucket))
    stores = Stores(
        own=client, own_bucket=bucket.bucket, more_buckets=(), allow_loopback=calls.allow_loopback
    )

    async def made(publication: Publication) -> int:
        folder = f"out/put/{publication.parcel.job_id}/"
        listed = await client.list_objects_v2(Bucket=bucket.bucket, Prefix=folder)
        found = {}
        for entry in listed.get("Contents", []):
            answer = await client.get_object(Bucket=bucket.bucket, Key=entry["Key"])
            found[entry["Key"].removeprefix(folder)] = await answer["Body"].read()
        return int(found == await _files(publication))

    return Case(
        name="s3",
        platform=S3Publisher(stores=stores, part_bytes=UNIT),
        config={
            "endpoint_url": url,
            "bucket": bucket.bucket,
            "prefix": "/out//put/",
            "region": bucket.region,
        },
        secret={"access_key": bucket.access_key, "secret_key": bucket.secret_key},
        wrong={"access_key": bucket.access_key, "secret_key": CANARY},
        troubles=troubles,
        server=client,
        made=made,
        main=lambda request: request.method in {"PUT", "POST"},
        refusal={"status": 400, "body": s3_error("InvalidArgument", "not so")},
        limit={"status": 503, "body": s3_error("SlowDown", "slowly"), "headers": {"Retry-After": "70"}},
        tries=2,
        more={"bucket": bucket},
    )


async def _http(stack: AsyncExitStack, calls: Calls, troubles: Troubles, _bucket: S3Access) -> Case:
    authorization = f"Bearer {CANARY}"
    server = await stack.enter_async_context(inbox(WHSEC, authorization, middlewares=[troubles.middleware]))

    async def made(publication: Publication) -> int:
        job = f"/in/{publication.parcel.job_id}/"
        keys = {a.headers["idempotency-key"]: a for a in server.arrivals if a.path.startswith(job)}
        found = {arrival.path.removeprefix(job): arrival.body for arrival in keys.values()}
        return int(found == await _files(publication) and len(keys) == len(found))

    return Case(
        name="http",
        platform=HttpPublisher(calls=calls),
        config={"url": f"{server.url}/in/{{job_id}}/{{name}}"},
        secret={"signing_secret": WHSEC, "authorization": authorization},
        wrong={"signing_secret": WHSEC, "authorization": f"Bearer {CANARY}-not"},
        troubles=troubles,
        server=server,
        made=made,
        main=lambda request: request.method == "PUT",
        refusal={"status": 415},
        limit={"status": 429, "headers": {"Retry-After": "70"}},
    )


async def _mastodon(stack: AsyncExitStack, calls: Calls, troubles: Troubles, _bucket: S3Access) -> Case:
    server = await stack.enter_async_context(mastodon(CANARY, middlewares=[troubles.middleware]))

    async def made(publication: Publication) -> int:
        mine = [status for status in server.statuses if status.idempotency_key == str(publication.id)]
        main = publication.parcel.main
        wanted = [] if main is None else [await parcels_whole(main)]
        return sum(
            [media.data for media in status.media] == wanted
            and status.text.startswith(publication.parcel.title)
            for status in mine
        )

    return Case(
        name="mastodon",
        platform=MastodonPublisher(calls=calls),
        config={"base_url": server.url, "visibility": "unlisted", "language": "en"},
        secret={"access_token": CANARY},
        wrong={"access_token": f"{CANARY}-not"},
        troubles=troubles,
        server=server,
        made=made,
        main=lambda request: request.path == "/api/v2/media",
        refusal={"status": 422, "body": '{"error": "Validation failed: File content type is invalid"}'},
        limit={"status": 429, "headers": {"X-RateLimit-Reset": _in(70)}},
    )


async def _youtube(stack: AsyncExitStack, calls: Calls, troubles: Troubles, _bucket: S3Access) -> Case:
    secret = {
        "client_id": f"{CANARY}-id",
        "client_secret": f"{CANARY}-secret",
        "refresh_token": f"{CANARY}-token",
    }
    server = await stack.enter_async_context(youtube(credentials=secret, middlewares=[troubles.middleware]))

    async def made(publication: Publication) -> int:
        main = publication.parcel.main
        assert main is not None
        wanted = await parcels_whole(main)
        return sum(bytes(video.data) == wanted for video in server.videos.values())

    return Case(
        name="youtube",
        platform=YouTubePublisher(calls=calls, tokens=Tokens(calls=calls), chunk_bytes=UNIT),
        config={"base_url": server.url, "token_url": f"{server.url}/token", "privacy": "unlisted"},
        secret=secret,
        wrong=secret | {"refresh_token": f"{CANARY}-not"},
        troubles=troubles,
        server=server,
        made=made,
        main=lambda request: request.method == "PUT",
        refusal={
            "status": 400, "body": '{"error": {"message": "no", "errors": [{"reason": "mediaBodyRequired"}]}}',
        },
        limit={"status": 503, "headers": {"Retry-After": "70"}},
    )  # fmt: skip


_OPENERS = {"s3": _s3, "http": _http, "mastodon": _mastodon, "youtube": _youtube}


def s3_error(code: str, message: str) -> str:
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"


def _in(seconds: float) -> str:

    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


async def parcels_whole(asset: Any) -> bytes:
    async with asset.source.open(0, asset.size) as chunks:
        return b"".join([chunk async for chunk in chunks])


async def _files(publication: Publication) -> dict[str, bytes]:
    return {asset.name: await parcels_whole(asset) for asset in publication.parcel.files}


def new_publication(case: Case, **changes: Any) -> Publication:
    return parcels.publication(case.destination, **changes)
