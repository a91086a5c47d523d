"""A dispatcher on servers of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.dispatching import RestAgent, dispatcher_settings, running_dispatcher
from tests.support.record import pool_of
from tests.support.servers import S3Access

from headrace_runtime.jetstream.client import JetStream
from headrace_store.postgres import Pool


@pytest.fixture
async def record(record_url: str) -> AsyncIterator[Pool]:
    """The test's record."""
    async with pool_of(record_url) as pool:
        yield pool


@pytest.fixture
async def dispatching(nats_url: str, record_url: str, bucket: S3Access) -> AsyncIterator[None]:
    """A dispatcher that runs during the test."""
    async with running_dispatcher(dispatcher_settings(nats_url, record_url, bucket)):
        yield


@pytest.fixture
def agent(js: JetStream, dispatching: None) -> RestAgent:
    """A REST agent of a running dispatcher."""
    return RestAgent(js)
