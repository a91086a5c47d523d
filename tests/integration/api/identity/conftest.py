"""Two replicas' worth of checks on one record."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.record import pool_of
from tests.support.replicas import KEY, Replica, replica

from headrace_store.postgres import Pool


@pytest.fixture
async def pool(record_url: str) -> AsyncIterator[Pool]:
    async with pool_of(record_url) as made:
        yield made


@pytest.fixture
async def one(record_url: str) -> AsyncIterator[Replica]:
    async with replica(record_url, KEY) as made:
        yield made


@pytest.fixture
async def two(record_url: str) -> AsyncIterator[Replica]:
    """Another process, as far as the record can tell."""
    async with replica(record_url, KEY) as made:
        yield made
