"""All platforms by name, as ``headrace_contracts.destinations`` knows them."""

from __future__ import annotations

from collections.abc import Mapping

from headrace_publisher.platforms.http.publisher import HttpPublisher
from headrace_publisher.platforms.mastodon.publisher import MastodonPublisher
from headrace_publisher.platforms.platform import PlatformPublisher
from headrace_publisher.platforms.s3.publisher import S3Publisher
from headrace_publisher.platforms.s3.stores import Stores
from headrace_publisher.platforms.youtube.publisher import YouTubePublisher
from headrace_publisher.platforms.youtube.tokens import Tokens
from headrace_publisher.web.calls import Calls


def platforms(calls: Calls, stores: Stores, *, chunk_bytes: int) -> Mapping[str, PlatformPublisher]:
    """``chunk_bytes``: of one request of a resumable upload."""
    return {
        "s3": S3Publisher(stores=stores),
        "http": HttpPublisher(calls=calls),
        "mastodon": MastodonPublisher(calls=calls),
        "youtube": YouTubePublisher(calls=calls, tokens=Tokens(calls=calls), chunk_bytes=chunk_bytes),
    }
