"""The webhooks and publisher processes against URLs that lead inside, as if the API had let all of them through.

A listener stands on loopback, in IPv4 and IPv6, in plain and as the proxy that the environment names; it must never
hear anything. The DNS of the processes is the test's: what was a public name when it was given has been bound anew.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.support.hostile_urls import hostile_urls
from tests.support.hosts import with_hosts
from tests.support.outcomes import Outcomes
from tests.support.publications import SITE_KEY, Publications
from tests.support.record import pool_of
from tests.support.servers import S3Access
from tests.support.service_process import service, service_env
from tests.support.waiting import until

from headrace_contracts.ids import new_id
from headrace_store.postgres import Pool
from headrace_store.sealed import SiteKey

WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#: Where each name leads by now.
HOSTS = {
    "rebound.example.com": ["127.0.0.1"],
    "rebound6.example.com": ["::1"],
    "mapped.example.com": ["::ffff:127.0.0.1"],
    "nat64.example.com": ["64:ff9b::7f00:1"],
    "sixtofour.example.com": ["2002:7f00:1::"],
    "private.example.com": ["10.0.0.1", "192.168.0.1", "169.254.169.254", "fd00:ec2::254"],
    "mixed.example.com": ["127.0.0.1", "::1", "172.16.0.1"],
}


@dataclass
class Silence:
    """Listens where nobody may come."""

    port: int = 0
    heard: list[str] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard.append(f"{writer.get_extra_info('sockname')} {(await reader.read(200))!r}")
        writer.close()


@pytest.fixture
async def silence() -> AsyncIterator[Silence]:
    made = Silence()
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(await asyncio.start_server(made.answer, "127.0.0.1", 0))
        made.port = first.sockets[0].getsockname()[1]
        await stack.enter_async_context(await asyncio.start_server(made.answer, "::1", made.port))
        yield made


@pytest.fixture
async def pool(record_url: str) -> AsyncIterator[Pool]:
    async with pool_of(record_url) as made:
        yield made


def strict(nats_url: str, record_url: str, bucket: S3Access, silence: Silence) -> dict[str, str]:
    """The settings of a site whose loopback is not open, on a machine with proxies in its environment."""
    proxy = f"http://127.0.0.1:{silence.port}"
    return {
        **service_env(nats_url, record_url, bucket),
        **with_hosts(HOSTS),
        "HEADRACE_ALLOW_LOOPBACK_WEBHOOKS": "false",
        "HEADRACE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "HEADRACE_SECRET_KEY": SITE_KEY,
        "HEADRACE_WEBHOOK_RELAY_EVERY_S": "0.1",
        "HEADRACE_PUBLISH_RELAY_EVERY_S": "0.1",
        "NO_PROXY": bucket.endpoint_url.removeprefix("http://"),  # the site's own store
        **{name: proxy for each in ("http", "https", "all") for name in (f"{each}_proxy", f"{each}_PROXY".upper())},
    }  # fmt: skip


async def test_no_webhook_goes_inside(
    nats_url: str, record_url: str, bucket: S3Access, pool: Pool, silence: Silence, tmp_path: Path
) -> None:
    names = [f"{scheme}://{name}:{silence.port}/x" for name in HOSTS for scheme in ("http", "https")]
    # The record takes no NUL, and no more of a line break than of any other text.
    urls = [*hostile_urls(silence.port), *names]
    outcomes = Outcomes(pool=pool)
    sent = {await outcomes.delivery(url): url for url in urls}
    with service(
        "headrace_webhooks", strict(nats_url, record_url, bucket, silence), tmp_path / "webhooks.log"
    ) as webhooks:

        async def tried() -> bool:
            count = await pool.fetchval("SELECT count(*) FROM webhook_deliveries WHERE attempts > 0")
            return bool(count == len(sent))

        await until(tried, timeout_s=40, what="every delivery was tried")
        log = webhooks.log
    rows = await pool.fetch("SELECT delivery_id, status, error, response_head FROM webhook_attempts")
    found = {sent[row["delivery_id"]]: (row["status"], row["error"], row["response_head"]) for row in rows}
    refused = {(None, "refused_url", None), (None, "refused_address", None)}
    assert {url: what for url, what in found.items() if what not in refused} == {}
    assert {found[url][1] for url in names} == {"refused_address"}, "names are judged by where they lead"
    assert silence.heard == []
    assert "10.0.0.1" not in log.replace("http://10.0.0.1", ""), "where a name led is not written down"


def places(host: str) -> dict[str, tuple[dict[str, Any], dict[str, str]]]:
    """Each platform at ``host``: config and secret."""
    url, tube = f"https://{host}", {"client_id": "aaaa", "client_secret": "bbbb", "refresh_token": "cccc"}
    return {
        "s3": ({"endpoint_url": url, "bucket": "bucket"}, {"access_key": "aaaa", "secret_key": "bbbb"}),
        "http": ({"url": f"{url}/{{name}}"}, {"signing_secret": WEBHOOK_SECRET}),
        "mastodon": ({"base_url": url}, {"access_token": "aaaa"}),
        "youtube": ({"base_url": url, "token_url": f"{url}/token"}, tube),
    }


async def _kept(pool: Pool, platform: str, config: dict[str, Any], secret: dict[str, str]) -> UUID:
    """A destination as it lies in the record, whatever is wrong with it."""
    destination_id = new_id()
    sealed = SiteKey(SITE_KEY).destinations().seal(destination_id, json.dumps(secret).encode())
    await pool.execute(
        "INSERT INTO destinations (id, account_id, name, platform, config, secret) "
        "SELECT $1, account_id, $5, $2, $3, $4 FROM jobs LIMIT 1",
        destination_id, platform, json.dumps(config), sealed, str(destination_id),
    )  # fmt: skip
    return destination_id


async def test_no_publication_goes_inside(
    nats_url: str, record_url: str, bucket: S3Access, pool: Pool, silence: Silence, tmp_path: Path
) -> None:
    publications = Publications(pool=pool, bucket=bucket)
    job_id = await publications.job()
    literals = ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0x7f.1", "2130706433", "localhost", "10.0.0.1"]
    due: dict[UUID, str] = {}
    for host in [*literals, *HOSTS]:
        for platform, (config, secret) in places(f"{host}:{silence.port}").items():
            publication = await publications.add(job_id, await _kept(pool, platform, config, secret))
            due[publication] = f"{platform} at {host}"
    with service(
        "headrace_publisher", strict(nats_url, record_url, bucket, silence), tmp_path / "publisher.log"
    ):

        async def judged() -> bool:
            # Refused for good, or put off with a reason: in either case it was tried.
            count = await pool.fetchval("SELECT count(*) FROM publications WHERE error IS NOT NULL")
            return bool(count == len(due))

        await until(judged, timeout_s=60, what="every publication was tried")
    rows = await pool.fetch("SELECT id, state, error FROM publications")
    assert {due[row["id"]]: row["error"] for row in rows if row["state"] != "failed"} == {}
    assert silence.heard == []
    told = {due[row["id"]]: row["error"] for row in rows if "reached from here" not in row["error"]}
    assert {where: why for where, why in told.items() if "unusual form" not in why} == {}
