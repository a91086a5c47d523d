"""The auralis dialect as its users and workers see it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from tests.contract.auralis.desk import Auralis
from tests.support.site import Site


@pytest.fixture
async def auralis(site: Site) -> AsyncIterator[Auralis]:
    """A user with an account of its own."""
    async with _user(site) as found:
        yield found


@pytest.fixture
async def stranger(site: Site) -> AsyncIterator[Auralis]:
    """Another user."""
    async with _user(site) as found:
        yield found


@asynccontextmanager
async def _user(site: Site) -> AsyncIterator[Auralis]:
    """What it leaves waiting is cancelled: every worker is offered the projects of all."""
    async with aiohttp.ClientSession() as session:
        account = await site.account()
        yield Auralis(origin=f"{site.url}/auralis", session=session, account=account)
        jobs, key = f"{site.url}/v1/jobs", account.native()
        async with session.get(jobs, params={"limit": "100"}, headers=key) as answer:
            left = (await answer.json())["jobs"]
        for job in left:
            if job["status"] not in {"completed", "failed", "cancelled"}:
                async with session.delete(f"{jobs}/{job['job_id']}", headers=key) as answer:
                    assert answer.status in {200, 409}, await answer.text()
