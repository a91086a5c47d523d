"""The jobserver dialect when things end, fall silent or do not keep up."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from nats.aio.client import Client
from tests.support.jobserver import Jobserver, Person, jobserver_site, logged_in, nobody_at, person, stream
from tests.support.memory import MIB, peak_bytes
from tests.support.servers import S3Access
from tests.support.site import Site
from tests.support.waiting import until

from headrace_api.dialects.jobserver.ids import job_of
from headrace_contracts.bus import subjects
from headrace_contracts.messages.changes import Change, ChangeKind, Changes
from headrace_contracts.messages.codec import encode
from headrace_runtime.nats import connect
from headrace_runtime.settings import NatsSettings

#: A worker is offline after 1.5 s, and a client that does not read is cut off after one.
QUICK = {"HEADRACE_WORKER_CHECK_IN_S": "0.5", "HEADRACE_WRITE_TIMEOUT_S": "1"}


@pytest.fixture
def site(
    request: pytest.FixtureRequest, nats_url: str, record_url: str, bucket: S3Access, tmp_path: Path
) -> Iterator[Site]:
    env = {**QUICK, **getattr(request, "param", {})}
    with jobserver_site(tmp_path, nats_url=nats_url, record_url=record_url, bucket=bucket, env=env) as found:
        yield found


@pytest.fixture
async def who(site: Site) -> Person:
    return await person(site.record_url)


@pytest.fixture
async def admin(site: Site, who: Person) -> AsyncIterator[Jobserver]:
    async with nobody_at(f"{site.url}/jobserver") as nobody:
        yield logged_in(nobody, who)


async def presence(admin: Jobserver, name: str) -> str:
    return str((await admin.get(f"/workers/{name}")).body["worker"]["status"])


async def test_a_silent_worker_is_offline_and_its_job_goes_to_another(admin: Jobserver) -> None:
    first, second = await admin.register("first"), await admin.register("second")
    job = await admin.submit()
    assert (await first.get_job())["jobId"] == job
    assert await presence(admin, "first") == "online"
    # ``first`` says nothing any more; ``second`` asks and asks.
    got = await second.get_job(timeout_s=20)
    assert got["jobId"] == job
    assert await presence(admin, "first") == "offline"
    assert (await admin.get("/workers/list", status="offline")).body["workers"][0]["workerId"] == "first"
    assert (await first.finish(job)).status == 404
    assert (await second.finish(job)).status == 200
    shown = await admin.status(job)
    assert (shown["status"], shown["workerId"]) == ("completed", "second")


async def test_heartbeats_keep_a_job(admin: Jobserver) -> None:
    worker, other = await admin.register("worker"), await admin.register("other")
    job = await admin.submit()
    await worker.get_job()
    answer = await worker.post("/workers/heartbeat", {"status": "busy", "currentJobId": job})
    assert answer.body["nextCheckIn"] == 500
    for _ in range(10):  # for twice as long as a silent worker would keep it
        await asyncio.sleep(0.3)
        await worker.post("/workers/heartbeat", {"status": "busy", "currentJobId": job})
        assert (await other.get("/jobs/get-job")).status == 204
    assert (await worker.finish(job)).status == 200


async def test_the_end_of_a_replica_closes_its_sockets(admin: Jobserver, site: Site) -> None:
    async with stream(admin) as watching:
        site.api.signal(signal.SIGTERM)
        assert await watching.closed() == aiohttp.WSCloseCode.GOING_AWAY
    assert site.api.wait(15) == 0


@asynccontextmanager
async def bus(site: Site) -> AsyncIterator[Client]:
    nc = await connect(NatsSettings(nats_url=site.nats_url), "test")
    try:
        yield nc
    finally:
        await nc.close()


async def test_a_client_that_does_not_read_is_dropped(admin: Jobserver, who: Person, site: Site) -> None:
    job_id = job_of(await admin.submit())
    assert job_id is not None
    said = Change(
        kind=ChangeKind.OUTPUT,
        id=job_id,
        account_id=who.account_id,
        at=datetime.now(UTC),
        stream="stdout",
        text="x" * 60_000,
    )
    message = encode(Changes(changes=[said] * 10))
    where = urlsplit(site.url)
    before = peak_bytes(site.api.pid)
    with socket.create_connection((where.hostname, where.port)) as lazy:
        lazy.sendall(
            b"GET /jobserver/api/jobs/stream?token=" + who.token.encode() + b" HTTP/1.1\r\nHost: x\r\n"
            b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert lazy.recv(12) == b"HTTP/1.1 101"
        async with stream(admin) as eager, bus(site) as nc:
            for _ in range(
                60
            ):  # 36 MB, of which the lazy one takes none, as fast as the eager one takes them
                await nc.request(subjects.CHANGES, message, timeout=10)
                for _ in range(10):
                    assert (await eager.next())["type"] == "job.output"

            assert peak_bytes(site.api.pid) - before < 25 * MIB
        lazy.settimeout(10)
        # It was cut off long before the end.
        assert _drain(lazy) < 16 * MIB


def _drain(lazy: socket.socket) -> int:
    """Read what was on the way already, up to the end; returns how many bytes that were."""
    size = 0
    with contextlib.suppress(ConnectionResetError):
        while chunk := lazy.recv(1 << 20):
            size += len(chunk)
    return size


@pytest.mark.parametrize("site", [{"HEADRACE_WORKER_CHECK_IN_S": "30"}], indirect=True)
async def test_without_a_dispatcher_workers_hear_503_and_nothing_is_lost(
    admin: Jobserver, site: Site
) -> None:
    worker = await admin.register()
    job = await admin.submit()
    await worker.get_job()
    site.dispatcher.signal(signal.SIGSTOP)
    try:
        answer = await worker.finish(job, stdout="all of it")
        assert (answer.status, answer.body["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert int(answer.headers["Retry-After"]) >= 1
    finally:
        site.dispatcher.signal(signal.SIGCONT)
    again = await worker.finish(job, stdout="all of it")
    assert again.status in {200, 409}, again

    async def shown() -> str:
        return str((await admin.status(job))["status"])

    await until(shown, lambda status: status == "completed", every_s=0.5, what=str(again))
    # The report that timed out may have arrived as well: text is said twice rather than lost.
    assert (await admin.status(job))["stdout"] in {"all of it", "all of itall of it"}
