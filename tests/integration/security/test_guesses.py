"""Wrong credentials are limited for each address, by two API processes together; a right one is never kept out."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import aiohttp
import pytest
from tests.contract.ownership.parties import RADIANCE_KEY, Party, party, presented
from tests.contract.ownership.things import radiance_held
from tests.support.servers import run_apart
from tests.support.service_process import AGENT_TOKEN, ServiceProcess, service
from tests.support.site import Site

LIMIT = 6
_ADDRESSES = (f"192.0.2.{n}" for n in count(1))


@dataclass(frozen=True)
class Door:
    """A route that a credential opens, and how it travels."""

    method: str
    path: str
    slot: str
    refused: int = 401


DOORS = {
    "native": Door("GET", "/v1/models", "bearer"),
    "auraflux": Door("GET", "/auraflux/v1/account", "bearer"),
    "session": Door("GET", "/jobserver/api/jobs/list", "bearer"),
    "user_id": Door("GET", "/auralis/api/jobs", "query"),
    "auralis_worker": Door("GET", "/auralis/api/worker/jobs/available", "bearer"),
    "jobserver_worker": Door("POST", "/jobserver/api/workers/heartbeat", "x-worker-token"),
    "agent": Door("POST", "/radiance/airunner/agent/claim", "bearer"),
    "radiance_client": Door("GET", "/radiance/airunner/models", "bearer"),
    "claim": Door("POST", "/radiance/airunner/agent/heartbeat/{id}", "x-claim-token", refused=403),
}


@pytest.fixture(scope="module")
def two(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServiceProcess, ...]]:
    """Two API processes on the site's record, behind a proxy that says who asks."""
    folder = tmp_path_factory.mktemp("guesses")
    env = {
        **site.env,
        "HEADRACE_WRONG_CREDENTIALS_PER_MINUTE": str(LIMIT),
        "HEADRACE_TRUSTED_PROXIES": "127.0.0.0/8",
        "HEADRACE_RADIANCE_PUBLIC": "false",
        "HEADRACE_RADIANCE_CLIENT_KEY": RADIANCE_KEY,
    }
    with (
        service("headrace_api", env, folder / "one.log") as one,
        service("headrace_api", env, folder / "two.log") as another,
    ):
        yield one, another


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as found:
        yield found


@pytest.fixture(scope="module")
def account(site: Site) -> Party:
    async def make() -> Party:
        async with aiohttp.ClientSession() as found:
            return await party(site, found)

    return run_apart(make())


@pytest.fixture
def someone(account: Party, http: aiohttp.ClientSession) -> Party:
    return replace(account, session=http)


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Shows secrets at one door, from a chosen address."""

    http: aiohttp.ClientSession
    door: Door
    path: str

    async def __call__(
        self, api: ServiceProcess, secret: str | None, address: str
    ) -> tuple[int, Mapping[str, str]]:
        shown: dict[str, Any] = {} if secret is None else presented(self.door.slot, secret)
        headers = {**shown.get("headers", {}), "X-Forwarded-For": address}
        if self.door.slot == "x-claim-token":
            headers["Authorization"] = f"Bearer {AGENT_TOKEN}"
        async with self.http.request(
            self.door.method, api.api_url + self.path, headers=headers, params=shown.get("params")
        ) as answer:
            await answer.read()
            return answer.status, answer.headers


async def _flood(
    ask: Asker, apis: tuple[ServiceProcess, ...], secret: str | None
) -> tuple[str, list[int], Mapping[str, str]]:
    """``2 * LIMIT`` wrong ones by turns at both APIs, all within one minute: from where, and what came."""
    for address in _ADDRESSES:
        minute = int(time.time() // 60)
        answers = [await ask(apis[n % 2], secret, address) for n in range(2 * LIMIT)]
        if int(time.time() // 60) == minute:
            return address, [status for status, _ in answers], answers[-1][1]
    raise AssertionError


@pytest.mark.parametrize("kind", DOORS)
async def test_guessing_is_limited_and_locks_nobody_out(
    kind: str, two: tuple[ServiceProcess, ...], someone: Party, http: aiohttp.ClientSession
) -> None:
    door, right = DOORS[kind], someone.secrets.get(kind)
    path = door.path
    if kind == "claim":
        names = await radiance_held(someone)
        path, right = path.format(**names), names["claim"]
    assert right is not None
    ask = Asker(http=http, door=door, path=path)

    address, statuses, headers = await _flood(ask, two, right[:-4] + "AAAA")
    assert statuses == [door.refused] * LIMIT + [429] * LIMIT
    assert 1 <= int(headers["Retry-After"]) <= 60
    for api in two:
        status, _ = await ask(api, right, address)
        assert status not in {401, 403, 429}, "a right one from the same address goes through"
        elsewhere = await ask(api, right[:-4] + "BBBB", next(_ADDRESSES))
        assert elsewhere[0] == door.refused, "other addresses have limits of their own"


async def test_who_shows_nothing_guesses_nothing(
    two: tuple[ServiceProcess, ...], http: aiohttp.ClientSession
) -> None:
    door = DOORS["native"]
    _, statuses, _ = await _flood(Asker(http=http, door=door, path=door.path), two, None)
    assert statuses == [401] * 2 * LIMIT


async def test_a_customer_of_ipv6_has_one_limit_for_its_whole_network(
    two: tuple[ServiceProcess, ...], http: aiohttp.ClientSession
) -> None:
    door = DOORS["native"]
    ask = Asker(http=http, door=door, path=door.path)
    minute, statuses = -1, list[int]()
    for network in count(1):
        minute = int(time.time() // 60)
        asked = [await ask(two[0], "hr_live_x", f"2001:db8:0:{network:x}::{n:x}") for n in range(LIMIT + 1)]
        statuses = [status for status, _ in asked]
        if int(time.time() // 60) == minute:
            break
    assert statuses == [401] * LIMIT + [429]
