"""One platform with its server, by name."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.platforms.cases import Case, case_of
from tests.support.servers import S3Access


@pytest.fixture
async def youtube_case(bucket: S3Access) -> AsyncIterator[Case]:
    async with case_of("youtube", bucket) as made:
        yield made


@pytest.fixture
async def mastodon_case(bucket: S3Access) -> AsyncIterator[Case]:
    async with case_of("mastodon", bucket) as made:
        yield made


@pytest.fixture
async def s3_case(bucket: S3Access) -> AsyncIterator[Case]:
    async with case_of("s3", bucket) as made:
        yield made


@pytest.fixture
async def http_case(bucket: S3Access) -> AsyncIterator[Case]:
    async with case_of("http", bucket) as made:
        yield made
