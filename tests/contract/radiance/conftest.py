"""A whole stack of processes for the transcripts: one for the session, as it only gets jobs and gives answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import aiohttp
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
from tests.support.service_process import AGENT_TOKEN, service, service_env

from headrace.embedded.postgres import PostgresServer
from headrace.embedded.s3 import S3Server

_FINAL = {"completed", "failed", "cancelled"}


@dataclass(frozen=True, kw_only=True)
class Radiance:
    """The dialect, as a client of it sees it."""

    origin: str
    session: aiohttp.ClientSession


@pytest.fixture(scope="session")
def radiance_origin(
    session_postgres: RealServer[PostgresServer],
    session_s3: RealServer[S3Server],
    record_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """Where a real API with a real dispatcher behind it answers."""
    folder = tmp_path_factory.mktemp("radiance")
    with ExitStack() as stack:
        nats = stack.enter_context(started(nats_server(folder)))
        record = database_url(
            session_postgres, run_apart(create_database(session_postgres, template=record_template))
        )
        env = service_env(nats.program.url, record, run_apart(create_bucket(session_s3)))
        stack.enter_context(service("headrace_dispatcher", env, folder / "dispatcher.log"))
        api = stack.enter_context(service("headrace_api", env, folder / "api.log"))
        yield f"{api.api_url}/radiance"


@pytest.fixture
async def radiance(radiance_origin: str) -> AsyncIterator[Radiance]:
    """The dialect with an empty queue; what a test leaves in it is cancelled."""
    async with aiohttp.ClientSession() as session:
        # An agent is there: a queued job says why it waits only when none is.
        auth = {"Authorization": f"Bearer {AGENT_TOKEN}", "x-agent-id": "transcripts"}
        async with session.post(f"{radiance_origin}/airunner/agent/claim", headers=auth) as answer:
            assert answer.status == 204, await answer.text()
        yield Radiance(origin=radiance_origin, session=session)
        async with session.get(f"{radiance_origin}/airunner/jobs/debug") as answer:
            jobs = (await answer.json())["result"]["jobs"]
        for job in jobs:
            if job["status"] not in _FINAL:
                async with session.delete(f"{radiance_origin}/airunner/cancel/{job['id']}") as answer:
                    assert answer.status in {200, 409}
