"""Clients for the stores of destinations; those outside the site are reached through the address guard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import aioboto3
import aiohttp
from aiobotocore.config import AioConfig
from aiobotocore.httpsession import AIOHTTPSession
from aiohttp.abc import AbstractResolver

from headrace_contracts.destinations import S3Config, S3Secret
from headrace_publisher.platforms.platform import Failed, StepEnd
from headrace_runtime.guard import guarded_socket

if TYPE_CHECKING:  # the stubs are there when types are checked only
    from types_aiobotocore_s3.client import S3Client

#: In the site's own bucket everything that is published lies below this.
OWN_FOLDER = "published"


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a destination's objects go."""

    client: S3Client
    bucket: str
    #: With a slash at its end, or empty.
    folder: str
    #: The site's own store: its failures are ours to mend, never the customer's.
    own: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Stores:
    """The site's own store, and a way to those of customers."""

    own: S3Client
    own_bucket: str
    #: Buckets of the site's own store that destinations may name, beside its own one.
    more_buckets: tuple[str, ...]
    allow_loopback: bool
    resolver: AbstractResolver | None = None
    _session: aioboto3.Session = field(default_factory=aioboto3.Session, repr=False)

    @asynccontextmanager
    async def open(self, config: S3Config, secret: S3Secret | None) -> AsyncIterator[Place]:
        """Raises StepEnd when the destination may not use the site's own store so."""
        folder = f"{config.prefix}/" if config.prefix else ""
        if config.endpoint_url is None:
            yield self._own(config, folder)
            return
        assert secret is not None  # noqa: S101 - a config with an endpoint has passed parse_destination with its keys
        async with self._session.client(
            "s3",
            endpoint_url=config.endpoint_url,
            aws_access_key_id=secret.access_key.get_secret_value(),
            aws_secret_access_key=secret.secret_key.get_secret_value(),
            region_name=config.region,
            config=self._guarded(),
        ) as client:
            yield Place(client=client, bucket=config.bucket or "", folder=folder, own=False)

    def _own(self, config: S3Config, folder: str) -> Place:
        bucket = config.bucket or self.own_bucket
        if bucket == self.own_bucket:
            return Place(client=self.own, bucket=bucket, folder=f"{OWN_FOLDER}/{folder}", own=True)
        if bucket not in self.more_buckets:
            raise StepEnd(
                Failed(
                    reason=f"the bucket {bucket} of this site is not open for publishing; its operator opens it with "
                    "HEADRACE_PUBLISH_BUCKETS",
                    permanent=True,
                )
            )
        return Place(client=self.own, bucket=bucket, folder=folder, own=True)

    def _guarded(self) -> AioConfig:
        return AioConfig(
            # Newer SDKs add checksum trailers to every call, which many S3-compatible stores refuse.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            connect_timeout=10.0,
            read_timeout=60.0,
            # The runner tries again; here only for a connection that went stale.
            retries={"total_max_attempts": 2, "mode": "standard"},
            # A proxy of the environment would have its own address judged in place of the store's.
            proxies={},
            http_session_cls=cast(
                "Any", guarded_session(allow_loopback=self.allow_loopback, resolver=self.resolver)
            ),
        )


class RedirectError(OSError):
    """The store answered with a redirect: the signature is for one address, and no other one gets the bytes."""


async def _refuse_redirect(*_: object) -> None:
    raise RedirectError("a redirect, which is not followed")


_NO_REDIRECTS = aiohttp.TraceConfig()
_NO_REDIRECTS.on_request_redirect.append(_refuse_redirect)
_NO_REDIRECTS.freeze()


def guarded_session(
    *, allow_loopback: bool, resolver: AbstractResolver | None = None
) -> type[AIOHTTPSession]:
    """The library's HTTP session, making no socket towards an address inside the site."""

    class GuardedSession(AIOHTTPSession):
        def __init__(self, **kwargs: Any) -> None:
            connector = {
                **(kwargs.pop("connector_args", None) or {}),
                "socket_factory": guarded_socket(allow_loopback=allow_loopback),
                "resolver": resolver,
            }
            super().__init__(connector_args=connector, **kwargs)

        async def _get_session(self, proxy_url: str | None) -> aiohttp.ClientSession:
            session: aiohttp.ClientSession = await super()._get_session(proxy_url)  # type: ignore[misc]  # the stubs leave it out
            if not session.trace_configs:
                session.trace_configs.append(_NO_REDIRECTS)
            return session

    return GuardedSession
