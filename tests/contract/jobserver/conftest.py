"""The jobserver dialect on a site of its own, with an account, its people and workers, and a stranger."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from tests.support.jobserver import (
    Jobserver,
    Person,
    jobserver_site,
    logged_in,
    nobody_at,
    open_account,
    person,
)
from tests.support.servers import (
    RealServer,
    create_bucket,
    create_database,
    database_url,
    nats_server,
    run_apart,
    started,
)
from tests.support.service_process import service
from tests.support.site import Site

from headrace.embedded.postgres import PostgresServer
from headrace.embedded.s3 import S3Server


@dataclass(frozen=True, kw_only=True)
class OpenSite:
    site: Site
    #: Workers that come without credentials are this account's.
    open_account: UUID

    @property
    def origin(self) -> str:
        return f"{self.site.url}/jobserver"


@pytest.fixture(scope="session")
def open_site(
    session_postgres: RealServer[PostgresServer],
    session_s3: RealServer[S3Server],
    record_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[OpenSite]:
    """A real API with a real dispatcher, where workers may register freely."""
    folder = tmp_path_factory.mktemp("jobserver")
    with started(nats_server(folder)) as nats:
        record = database_url(
            session_postgres, run_apart(create_database(session_postgres, template=record_template))
        )
        account = run_apart(open_account(record))
        env = {
            "HEADRACE_OPEN_REGISTRATION": "true",
            "HEADRACE_OPEN_REGISTRATION_ACCOUNT": str(account),
        }
        bucket = run_apart(create_bucket(session_s3))
        with jobserver_site(
            folder, nats_url=nats.program.url, record_url=record, bucket=bucket, env=env
        ) as site:
            yield OpenSite(site=site, open_account=account)


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Who takes part in a conversation."""

    origin: str
    #: Who ``admin`` is.
    account: Person
    nobody: Jobserver
    admin: Jobserver
    #: Of the same account.
    user: Jobserver
    #: An admin of another account.
    stranger: Jobserver


@pytest.fixture
async def cast(open_site: OpenSite) -> AsyncIterator[Cast]:
    """Accounts without jobs and workers."""
    record_url = open_site.site.record_url
    account, other = await person(record_url), await person(record_url)
    member = await person(record_url, role="user", account_id=account.account_id)
    async with nobody_at(open_site.origin) as nobody:
        yield Cast(
            origin=open_site.origin,
            account=account,
            nobody=nobody,
            admin=logged_in(nobody, account),
            user=logged_in(nobody, member),
            stranger=logged_in(nobody, other),
        )


@pytest.fixture(scope="session")
def second_origin(open_site: OpenSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same dialect, served by another process."""
    log = tmp_path_factory.mktemp("second") / "api.log"
    with service("headrace_api", open_site.site.env, log) as api:
        yield f"{api.api_url}/jobserver"
