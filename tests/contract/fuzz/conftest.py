"""A site of its own without limits, an account with everything, and things of it by their ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import aiohttp
import pytest
from tests.contract.ownership.parties import Party, party
from tests.contract.ownership.things import MAKERS
from tests.support.servers import RealServer, run_apart
from tests.support.service_process import ServiceProcess
from tests.support.site import Site, site_apart

from headrace.embedded.postgres import PostgresServer
from headrace.embedded.s3 import S3Server

_ENV = {
    "HEADRACE_RATE_LIMIT_FACTOR": "1000000",
    "HEADRACE_BODY_TIMEOUT_S": "2",
    "HEADRACE_MAX_PROJECT_UNPACKED_BYTES": str(64 * 1024 * 1024),
}


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is shot at."""

    api: ServiceProcess
    dispatcher: ServiceProcess
    secrets: Mapping[str, str]
    #: For the routes that end a session.
    second_session: str
    user_ref: str
    #: Ids of things that are there, of every kind.
    ids: tuple[str, ...]


async def _prepared(site: Site) -> tuple[Party, Party, tuple[str, ...]]:
    async with aiohttp.ClientSession() as session:
        owner, second = await party(site, session), await party(site, session)
        ids: list[str] = []
        for make in MAKERS.values():
            ids += (await make(owner)).values()
    return owner, second, tuple(ids)


@pytest.fixture(scope="session")
def target(
    session_postgres: RealServer[PostgresServer],
    session_s3: RealServer[S3Server],
    record_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("fuzz")
    with site_apart(session_postgres, session_s3, record_template, folder, _ENV) as site:
        owner, second, ids = run_apart(_prepared(site))
        yield Target(
            api=site.api,
            dispatcher=site.dispatcher,
            secrets=owner.secrets,
            second_session=second.secrets["session"],
            user_ref=owner.secrets["user_id"],
            ids=ids,
        )
