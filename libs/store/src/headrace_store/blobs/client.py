"""The S3 client, set up for stores that speak S3 without being AWS."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aioboto3
from aiobotocore.config import AioConfig

from headrace_store.blobs.settings import S3Settings

if TYPE_CHECKING:  # the stubs are there when types are checked only
    from types_aiobotocore_s3.client import S3Client


@asynccontextmanager
async def open_client(settings: S3Settings, endpoint_url: str) -> AsyncIterator[S3Client]:
    """A client with a connection pool of its own; no call is made yet."""
    config = AioConfig(
        # Newer SDKs add checksum trailers to every call, which many S3-compatible stores refuse.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        signature_version="s3v4",
        s3={"addressing_style": "path"},
        connect_timeout=settings.connect_timeout_s,
        read_timeout=settings.read_timeout_s,
        retries={"total_max_attempts": settings.attempts, "mode": "standard"},
        max_pool_connections=settings.max_connections,
    )
    session = aioboto3.Session()
    async with session.client(
        "s3",
        endpoint_url=endpoint_url,
        aws_access_key_id=settings.access_key,
        aws_secret_access_key=settings.secret_key,
        region_name=settings.region,
        config=config,
    ) as client:
        yield client
