"""The auralis dialect as its users and workers see it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from tests.contract.auralis.desk import Auralis
from tests.support.site import Site


@pytest.fixture
async def auralis(site: Site) -> AsyncIterator[Auralis]:
    """A user with an account of its own."""
    async with aiohttp.ClientSession() as session:
        account = await site.account()
        yield Auralis(origin=f"{site.url}/auralis", session=session, account=account)


@pytest.fixture
async def stranger(site: Site) -> AsyncIterator[Auralis]:
    """Another user."""
    async with aiohttp.ClientSession() as session:
        account = await site.account()
        yield Auralis(origin=f"{site.url}/auralis", session=session, account=account)
