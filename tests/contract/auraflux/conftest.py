"""The auraflux dialect of the site, an account of each test's own, and a stranger."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest
from tests.support.destinations import add_destination
from tests.support.servers import run_apart
from tests.support.site import Site, SiteAccount

from headrace_contracts.jobs.state import FINAL
from headrace_store.postgres import open_pool
from headrace_store.settings import PostgresSettings

CREDITS = 20


@dataclass(frozen=True, kw_only=True)
class Auraflux:
    """The site, as a client with a key sees it."""

    origin: str
    session: aiohttp.ClientSession
    account: SiteAccount
    stranger: SiteAccount
    starter: SiteAccount
    reader: SiteAccount

    @property
    def names(self) -> dict[str, str]:
        """What transcripts may name."""
        return {
            "key": self.account.auraflux_key,
            "account": str(self.account.id),
            "other_key": self.stranger.auraflux_key,
            "starter_key": self.starter.auraflux_key,
            "reader_key": self.reader.auraflux_key,
            "native_key": self.account.native_key,
        }


@pytest.fixture(scope="session")
def bystanders(site: Site) -> tuple[SiteAccount, SiteAccount, SiteAccount]:
    """A stranger, one whose plan has no API access, and one whose key may only read."""

    async def make() -> tuple[SiteAccount, SiteAccount, SiteAccount]:
        return (
            await site.account(credits=CREDITS),
            await site.account(plan="starter", credits=CREDITS),
            await site.account(credits=CREDITS, scopes=["jobs:read"]),
        )

    return run_apart(make())


@pytest.fixture
async def auraflux(
    site: Site, bystanders: tuple[SiteAccount, SiteAccount, SiteAccount]
) -> AsyncIterator[Auraflux]:
    """Accounts without jobs. What a test leaves in the queue is cancelled: claims take the oldest of all accounts."""
    account = await site.account(credits=CREDITS)
    for name in ("archive", "mirror"):
        await add_destination(site.record_url, account.id, name)
    stranger, starter, reader = bystanders
    async with aiohttp.ClientSession() as session:
        yield Auraflux(
            origin=site.url,
            session=session,
            account=account,
            stranger=stranger,
            starter=starter,
            reader=reader,
        )
        pool = await open_pool(PostgresSettings(url=site.record_url, pool_max=2), application_name="test")
        try:
            left = await pool.fetch(
                "SELECT id FROM jobs WHERE account_id = $1 AND state <> ALL ($2::text[])",
                account.id,
                [str(state) for state in FINAL],
            )
        finally:
            await pool.close()
        for row in left:
            url = f"{site.url}/auraflux/v1/jobs/{row['id']}"
            async with session.delete(url, headers=account.auraflux()) as answer:
                assert answer.status in {200, 409}, await answer.text()
