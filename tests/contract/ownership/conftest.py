"""A site of its own: every route is asked many times, so its limits are wide and radiance asks for a key."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace

import aiohttp
import pytest
from tests.contract.ownership.parties import RADIANCE_KEY, Party, dead_secrets, party
from tests.support.servers import RealServer, run_apart
from tests.support.site import Site, site_apart

from headrace.embedded.postgres import PostgresServer
from headrace.embedded.s3 import S3Server

_ENV = {
    "HEADRACE_RATE_LIMIT_FACTOR": "1000",
    "HEADRACE_RADIANCE_PUBLIC": "false",
    "HEADRACE_RADIANCE_CLIENT_KEY": RADIANCE_KEY,
}


@pytest.fixture(scope="session")
def guarded_site(
    session_postgres: RealServer[PostgresServer],
    session_s3: RealServer[S3Server],
    record_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("ownership")
    with site_apart(session_postgres, session_s3, record_template, folder, _ENV) as found:
        yield found


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as found:
        yield found


@pytest.fixture(scope="session")
def people(guarded_site: Site) -> tuple[Party, Party]:
    """Two accounts: what they have is made by each test."""

    async def make() -> tuple[Party, Party]:
        async with aiohttp.ClientSession() as found:
            return await party(guarded_site, found), await party(guarded_site, found)

    return run_apart(make())


@pytest.fixture
def owner(people: tuple[Party, Party], session: aiohttp.ClientSession) -> Party:
    return replace(people[0], session=session)


@pytest.fixture
def stranger(people: tuple[Party, Party], session: aiohttp.ClientSession) -> Party:
    return replace(people[1], session=session)


@pytest.fixture
def bystander(people: tuple[Party, Party]) -> Mapping[str, str]:
    """Good secrets of every kind."""
    return people[1].secrets


@pytest.fixture(scope="session")
def dead(guarded_site: Site) -> Mapping[str, Mapping[str, str]]:
    """See ``parties.dead_secrets``."""

    async def make() -> Mapping[str, Mapping[str, str]]:
        async with aiohttp.ClientSession() as found:
            return await dead_secrets(guarded_site, found)

    return run_apart(make())
