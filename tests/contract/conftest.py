"""One site for the transcripts of all dialects that know accounts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.servers import (
    RealServer,
    create_bucket,
    create_database,
    database_url,
    nats_server,
    run_apart,
    started,
)
from tests.support.site import Site
from tests.support.site import site as running_site

from headrace.embedded.postgres import PostgresServer
from headrace.embedded.s3 import S3Server


@pytest.fixture(scope="session")
def site(
    session_postgres: RealServer[PostgresServer],
    session_s3: RealServer[S3Server],
    record_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """A real API with a real dispatcher, NATS, Postgres and S3."""
    folder = tmp_path_factory.mktemp("site")
    with started(nats_server(folder)) as nats:
        record = database_url(
            session_postgres, run_apart(create_database(session_postgres, template=record_template))
        )
        with running_site(
            folder,
            nats_url=nats.program.url,
            record_url=record,
            bucket=run_apart(create_bucket(session_s3)),
        ) as found:
            yield found
