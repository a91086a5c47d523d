"""URLs that lead inside, in every field of every dialect that takes a URL: refused when they are given.

The API is a process of its own as it is in production: loopback is not open, and its DNS is the test's.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from tests.support.hostile_urls import hostile_urls
from tests.support.hosts import with_hosts
from tests.support.record import pool_of
from tests.support.service_process import ServiceProcess, service
from tests.support.site import Site, SiteAccount

#: What the names of the test's DNS lead to.
HOSTS = {
    "public.example.com": ["93.184.215.14"],
    "inside.example.com": ["10.11.12.13"],
    "mixed.example.com": ["93.184.215.14", "127.0.0.1"],
    "mapped.example.com": ["::ffff:127.0.0.1"],
    "nat64.example.com": ["64:ff9b::7f00:1"],
}
_SECRET = {"signing_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
_S3 = {"access_key": "a", "secret_key": "b"}
_TUBE = {"client_id": "a", "client_secret": "b", "refresh_token": "c"}


@dataclass(frozen=True)
class Field:
    """A field that takes a URL, and how to send one in it."""

    path: str
    body: Any
    #: Whether names are looked up already now. The publisher does when it connects (test_ssrf_sent).
    names_judged: bool = True


def _destination(platform: str, config: dict[str, Any], secret: dict[str, str]) -> Field:
    body = {"name": "{name}", "platform": platform, "config": config, "secret": secret}
    return Field("/v1/destinations", body, names_judged=False)


FIELDS = {
    "radiance": Field(
        "/radiance/airunner/submit", {"model": "noop", "payload": {"n": 1}, "webhook_url": "{url}"}
    ),
    "native job": Field("/v1/jobs", {"model": "noop", "payload": {"n": 1}, "webhook_url": "{url}"}),
    "native endpoint": Field("/v1/webhooks", {"url": "{url}"}),
    "auraflux": Field("/auraflux/v1/jobs", {"entry": "prompt", "prompt": "the sea", "webhookUrl": "{url}"}),
    "http": _destination("http", {"url": "{url}"}, _SECRET),
    "s3": _destination("s3", {"endpoint_url": "{url}", "bucket": "bucket"}, _S3),
    "mastodon": _destination("mastodon", {"base_url": "{url}"}, {"access_token": "a"}),
    "youtube": _destination("youtube", {"base_url": "{url}"}, _TUBE),
    "youtube token": _destination("youtube", {"token_url": "{url}"}, _TUBE),
}


@pytest.fixture(scope="module")
def strict_api(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    env = {
        **site.env,
        "HEADRACE_ALLOW_LOOPBACK_WEBHOOKS": "false",
        "HEADRACE_RATE_LIMIT_FACTOR": "1000",
        **with_hosts(HOSTS),
    }
    with service("headrace_api", env, tmp_path_factory.mktemp("ssrf") / "api.log") as api:
        yield api


@pytest.fixture
async def account(site: Site) -> SiteAccount:
    return await site.account(credits=1000)


@dataclass(frozen=True, kw_only=True)
class Giver:
    """Gives URLs to one field."""

    http: aiohttp.ClientSession
    api: ServiceProcess
    account: SiteAccount
    field: Field

    async def __call__(self, url: str) -> tuple[int, str]:
        body = json.dumps(self.field.body).replace('"{url}"', json.dumps(url)).replace("{name}", uuid4().hex)
        headers = self.account.auraflux() if "auraflux" in self.field.path else self.account.native()
        async with self.http.post(
            self.api.api_url + self.field.path,
            data=body.encode(),
            headers={**headers, "Content-Type": "application/json"},
        ) as answer:
            return answer.status, await answer.text()


@pytest.fixture(params=FIELDS)
async def give(
    request: pytest.FixtureRequest, strict_api: ServiceProcess, account: SiteAccount
) -> AsyncIterator[Giver]:
    async with aiohttp.ClientSession() as http:
        yield Giver(http=http, api=strict_api, account=account, field=FIELDS[request.param])


async def test_every_form_of_an_address_inside_is_refused(give: Giver, site: Site) -> None:
    found = {url: await give(url) for url in hostile_urls(6379)}
    assert {url: answer for url, answer in found.items() if answer[0] not in {400, 422}} == {}
    async with pool_of(site.record_url) as pool:
        kept = [
            await pool.fetchval(f"SELECT count(*) FROM {table} WHERE account_id = $1", give.account.id)  # noqa: S608 - names from here
            for table in ("jobs", "webhook_endpoints", "destinations")
        ]
    assert kept == [0, 0, 0]


@pytest.mark.parametrize(
    "give", [name for name, field in FIELDS.items() if field.names_judged], indirect=True
)
async def test_names_that_lead_inside_are_refused_without_saying_where(give: Giver) -> None:
    for name, addresses in HOSTS.items():
        status, text = await give(f"https://{name}/x?{uuid4().hex}")
        assert (status < 300) == (name == "public.example.com"), (name, status, text)
        for address in addresses:
            assert address not in text, "the site's DNS is not the client's to read"


async def test_a_good_address_is_taken(give: Giver) -> None:
    """The counterpart: it was the address."""
    status, text = await give("https://public.example.com/x")
    assert status < 300, text


async def test_a_batch_refuses_each_job_by_itself(strict_api: ServiceProcess) -> None:
    urls = hostile_urls(6379)
    jobs = [{"model": "noop", "payload": {"n": 1}, "webhook_url": url} for url in urls]
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{strict_api.api_url}/radiance/airunner/submit/batch", json={"jobs": jobs}) as answer,
    ):
        result = (await answer.json())["result"]
    assert (result["submitted"], result["failed"]) == (0, len(urls))
