"""Hostile values in every filter, sort and page of every list, and in every id of a path.

None may end in an error of the server, take longer than a sleeping statement would, or show what is another's.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from itertools import product
from unittest.mock import MagicMock
from urllib.parse import quote
from uuid import uuid4

import aiohttp
import pytest
from tests.contract.ownership.parties import SLOTS as SLOT_OF
from tests.contract.ownership.parties import Party, party, presented
from tests.contract.ownership.test_ownership import TABLE
from tests.contract.ownership.things import MAKERS
from tests.support.servers import run_apart
from tests.support.service_process import ServiceProcess, service
from tests.support.site import Site
from yarl import URL

from headrace_api.dialects.native.settings import NativeSettings
from headrace_api.dialects.native.table import all_routes

#: As they stand in a URL: encoded, whole or broken.
HOSTILE = [
    *(quote(text, safe="") for text in (
        "' OR '1'='1", '" OR ""="', "1; DROP TABLE jobs; --", "'; SELECT pg_sleep(6); --",
        "created_at; DELETE FROM jobs",
        "id ASC NULLS FIRST", "-created_at,id", "1 UNION SELECT * FROM api_keys", "$1", "%s", "\\", "*", "[]", "-1",
        "1e3",
        "NaN", "²", "١٢", "9" * 30, "000000001" + "9" * 30, "1" * 5000, "2147483648", "9223372036854775808",
        "9999-99-99",
        "-4713-01-01", "\r\nX-Evil: 1", "\u202e", "\ufdfa" * 200, str(uuid4()), "job_" + "z" * 22,
    )),
    "%00", "%27%00", "%ff", "%ed%a0%80", "%zz",
]  # fmt: skip

HOSTILE_IDS = [
    *(quote(text, safe="") for text in ("' OR '1'='1", "'; SELECT pg_sleep(6); --", "$1", "\\", "../../x", "\r\nX: 1")),
    "%00", "%27%00", "%ff", "%zz", "1" * 2000, str(uuid4()), "job_" + "z" * 22,
]  # fmt: skip
_PLACE = re.compile(r"\{\w+\}")

#: What lists outside of the native dialect are asked with; the native ones are read from its routes.
_PAGE = ("limit", "offset")
PARAMETERS: dict[tuple[str, str, str], tuple[str, ...]] = {
    ("auraflux", "auraflux", "/auraflux/v1/jobs"): (*_PAGE, "status"),
    ("auraflux", "auraflux", "/auraflux/v1/templates"): _PAGE,
    ("auralis", "user_id", "/auralis/api/jobs"): (*_PAGE, "user_id"),
    ("auralis", "auralis_worker", "/auralis/api/jobs/pending"): ("platform", "user_id"),
    ("auralis", "auralis_worker", "/auralis/api/worker/jobs/available"): ("platform", *_PAGE),
    ("jobserver", "session", "/jobserver/api/jobs/list"): (*_PAGE, "sort", "status", "workerId"),
    ("jobserver", "session", "/jobserver/api/jobs/status"): ("jobId",),
    ("jobserver", "session", "/jobserver/api/jobs/stream"): ("jobId", "after", "token"),
    ("jobserver", "session", "/jobserver/api/workers/list"): (*_PAGE, "sort", "status", "tags"),
    ("radiance", "radiance_client", "/radiance/airunner/jobs/debug"): ("limit",),
}


#: Where jobs of all accounts are offered to all machines: that is what it is for.
_MARKET = {"/auralis/api/worker/jobs/available"}


def _native() -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    for route in all_routes(MagicMock(), NativeSettings()):
        fields = route.query.model_fields
        if route.method == "GET" and fields:
            yield "native", "native", route.path, tuple(field.alias or name for name, field in fields.items())


LISTS = [*_native(), *((*place, parameters) for place, parameters in PARAMETERS.items())]
#: A path with an id, for each way to ask.
PATHS = sorted(
    {
        (dialect, row.opens[0], row.method, ("" if dialect == "native" else f"/{dialect}") + row.address)
        for dialect, rows in TABLE.items()
        for row in rows
        if row.opens and "{" in row.address and row.json is None and not row.form
    }
)


@pytest.fixture(scope="module")
def api(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    # Times the factor: two APIs on one record count the wrong credentials of an address together, in portions.
    wide = {"HEADRACE_RATE_LIMIT_FACTOR": "10000", "HEADRACE_WRONG_CREDENTIALS_PER_MINUTE": "1"}
    env = {**site.env, **wide}
    with service("headrace_api", env, tmp_path_factory.mktemp("filters") / "api.log") as found:
        yield found


_THINGS = (
    "native_job", "native_file", "native_template", "native_destination", "native_webhook", "auraflux_job",
    "auraflux_template", "auralis_job", "jobserver_job", "jobserver_worker",
)  # fmt: skip


@pytest.fixture(scope="module")
def who(site: Site) -> Party:
    """An account that has nothing."""

    async def make() -> Party:
        async with aiohttp.ClientSession() as http:
            return await party(site, http)

    return run_apart(make())


@pytest.fixture(scope="module")
def theirs(site: Site) -> list[str]:
    """The ids of what another account has."""

    async def make() -> list[str]:
        async with aiohttp.ClientSession() as http:
            victim = await party(site, http)
            return [str(victim.account_id), *[(await MAKERS[name](victim))["id"] for name in _THINGS]]

    return run_apart(make())


class _Asker:
    """Asks as an account that has nothing."""

    def __init__(self, http: aiohttp.ClientSession, api: ServiceProcess, who: Party, kind: str) -> None:
        self._http, self._api = http, api
        self._shown = presented(SLOT_OF[kind], who.secrets[kind])

    async def __call__(self, method: str, address: str) -> tuple[int, str]:
        shown = dict(self._shown)
        if (params := shown.pop("params", None)) and "user_id=" not in address:
            address += ("&" if "?" in address else "?") + f"user_id={params['user_id']}"
        url = URL(self._api.api_url + address, encoded=True)
        async with self._http.request(method, url, allow_redirects=False, **shown) as answer:
            if answer.content_type == "text/event-stream":
                return answer.status, ""
            return answer.status, await answer.text(errors="replace")


@pytest.mark.parametrize(("dialect", "kind", "path", "parameters"), LISTS, ids=lambda value: str(value)[:60])
async def test_filters(
    dialect: str, kind: str, path: str, parameters: tuple[str, ...],
    api: ServiceProcess, who: Party, theirs: list[str],
) -> None:  # fmt: skip
    path = path.replace("{id}", str(uuid4()))
    needed = {"from": "2020-01-01", "to": "2099-01-01"} if path.endswith("/history") else {}
    bad = {}
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        ask = _Asker(http, api, who, kind)
        for parameter, value in product(parameters, HOSTILE):
            rest = "".join(f"&{name}={good}" for name, good in needed.items() if name != parameter)
            began = time.monotonic()
            status, text = await ask("GET", f"{path}?{parameter}={value}{rest}")
            shown = [each for each in theirs if each in text and path not in _MARKET]
            if status >= 500 or shown or time.monotonic() - began > 5:
                bad[f"{parameter}={value[:60]}"] = (status, shown, text[:200])
    assert bad == {}, dialect


@pytest.mark.parametrize(("dialect", "kind", "method", "path"), PATHS, ids=lambda value: str(value)[:60])
async def test_ids_in_paths(
    dialect: str, kind: str, method: str, path: str, api: ServiceProcess, who: Party
) -> None:
    bad = {}
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        ask = _Asker(http, api, who, kind)
        for value in HOSTILE_IDS:
            status, text = await ask(method, _PLACE.sub(value.replace("\\", "\\\\"), path))
            if not 400 <= status < 500:
                bad[value[:60]] = (status, text[:200])
    assert bad == {}, dialect
