"""An account's limit on what waits, as clients meet it: exact over two APIs, and told in the words of each dialect."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.contract.auralis.desk import project
from tests.support.jobserver import person
from tests.support.record import PUBLIC_ACCOUNT, pool_of
from tests.support.service_process import ServiceProcess, service
from tests.support.site import Site, SiteAccount

from headrace_store.accounts.accounts import Accounts

JOB = {"model": "text-generation", "payload": {"prompt": "x"}}
NATIVE = {"model": "text-generation", "input": "x"}


async def limit(record_url: str, account_id: object, **limits: int | None) -> None:
    async with pool_of(record_url) as pool:
        assert await Accounts(pool).set_limits(account_id, **limits)  # type: ignore[arg-type] # an id of the test's


async def test_fifty_at_once_over_two_apis_fill_the_limit_and_no_more(
    api: ServiceProcess, api_env: dict[str, str], record_url: str, tmp_path: Path
) -> None:
    await limit(record_url, PUBLIC_ACCOUNT, max_queued=20)
    with service("headrace_api", api_env, tmp_path / "second.log") as second:
        async with aiohttp.ClientSession() as session:

            async def submit(url: str) -> tuple[int, str, Any]:
                async with session.post(f"{url}/radiance/airunner/submit", json=JOB) as answer:
                    return answer.status, answer.headers.get("Retry-After", ""), await answer.json()

            answers = await asyncio.gather(*(submit((api, second)[n % 2].api_url) for n in range(50)))
    assert sorted(status for status, _, _ in answers) == [201] * 20 + [429] * 30
    refused = {(after, body["error"]["code"]) for status, after, body in answers if status == 429}
    assert refused == {("10", "QUOTA")}
    async with pool_of(record_url) as pool:
        assert await pool.fetchval("SELECT count(*) FROM jobs") == 20


def envelope(dialect: str, body: Mapping[str, Any]) -> tuple[str, str]:
    """Code and sentence of a refusal."""
    if dialect == "auralis":
        return body["detail"]["code"], body["message"]
    if dialect == "jobserver":
        return body["code"], body["message"]
    return body["error"]["code"], body["error"]["message"]


async def submit(
    dialect: str, site: Site, account: SiteAccount, session: aiohttp.ClientSession, token: str
) -> tuple[int, Mapping[str, str], Any]:
    """A good job of the account, as this dialect has it."""
    request: dict[str, Any]
    match dialect:
        case "native":
            path, request = "/v1/jobs", {"json": NATIVE, "headers": account.native()}
        case "batch":
            path = "/v1/jobs:batch"
            request = {"json": {"jobs": [NATIVE]}, "headers": account.native()}
        case "auraflux":
            path = "/auraflux/v1/jobs"
            request = {"json": {"entry": "prompt", "prompt": "the sea"}, "headers": account.auraflux()}
        case "auralis":
            form = aiohttp.FormData()
            form.add_field("file", project(), filename="p.zip")
            path = "/auralis/api/upload"
            request = {"data": form, "params": {"user_id": str(account.user_ref)}}
        case _:
            path = "/jobserver/api/jobs/submit"
            request = {"json": {"command": "true"}, "headers": {"Authorization": f"Bearer {token}"}}
    async with session.post(site.url + path, **request) as answer:
        return answer.status, answer.headers, await answer.json()


@pytest.mark.parametrize("dialect", ["native", "batch", "auraflux", "auralis", "jobserver"])
async def test_each_dialect_says_what_the_limit_is_and_the_way_out(dialect: str, site: Site) -> None:
    account = await site.account(credits=10)
    token = (await person(site.record_url, account_id=account.id)).token
    await limit(site.record_url, account.id, max_queued=1)
    async with aiohttp.ClientSession() as session:
        first, _, body = await submit(dialect, site, account, session, token)
        assert first in {200, 201, 202}, body
        status, headers, body = await submit(dialect, site, account, session, token)
        assert (status, headers["Retry-After"]) == (429, "10"), body
        code, sentence = envelope(dialect, body)
        assert code.lower() == "quota"
        assert sentence == (
            "This account may have 1 job waiting and has 1; this would add 1. Wait until some of them have started, "
            "cancel some, or ask the operator for a higher limit"
        )
        await limit(site.record_url, account.id, max_queued=2)
        assert (await submit(dialect, site, account, session, token))[0] == first


async def test_a_repeat_finds_its_job_and_a_retry_is_a_new_one(site: Site) -> None:
    account = await site.account()
    headers = {**account.native(), "Idempotency-Key": "once"}
    await limit(site.record_url, account.id, max_queued=1)
    async with aiohttp.ClientSession() as session:

        async def post(path: str, headers: Mapping[str, str], body: Any = None) -> tuple[int, Any]:
            async with session.post(f"{site.url}{path}", json=body, headers=headers) as answer:
                return answer.status, await answer.json()

        status, made = await post("/v1/jobs", headers, NATIVE)
        again, same = await post("/v1/jobs", headers, NATIVE)
        assert (status, again) == (201, 201)
        assert same["job_id"] == made["job_id"]
        async with session.delete(f"{site.url}/v1/jobs/{made['job_id']}", headers=account.native()) as answer:
            assert answer.status == 200
        assert (await post("/v1/jobs", account.native(), NATIVE))[0] == 201
        status, body = await post(f"/v1/jobs/{made['job_id']}/retry", account.native())
        assert (status, body["error"]["code"]) == (429, "quota")
        assert body["error"]["details"] == {"limit": 1, "waiting": 1, "wanted": 1}


async def test_operators_see_and_set_limits_and_nobody_else(site: Site) -> None:
    operator, account = await site.account(), await site.account(scopes=["jobs:read", "jobs:write", "admin"])
    path = f"{site.url}/v1/accounts/acct_{account.id.hex}/limits"
    async with aiohttp.ClientSession() as session:

        async def ask(method: str, who: SiteAccount, body: Any = None, url: str = path) -> tuple[int, Any]:
            async with session.request(method, url, json=body, headers=who.native()) as answer:
                return answer.status, await answer.json()

        assert [(await ask(method, account, {}))[0] for method in ("GET", "PATCH")] == [403, 403]
        status, limits = await ask("PATCH", operator, {"max_queued": 5, "max_running": 0})
        assert (status, limits["max_queued"], limits["max_running"]) == (200, 5, 0)
        assert (await ask("POST", account, NATIVE, f"{site.url}/v1/jobs"))[0] == 201
        status, limits = await ask("GET", operator)
        assert (limits["queued"], limits["running"]) == (1, 0)
        assert (await ask("PATCH", operator, {"max_queued": None}))[1]["max_running"] == 0
        status, own = await ask("GET", account, url=f"{site.url}/v1/account")
        assert (own["max_queued"], own["max_running"]) == (None, 0)
        # With nothing in motion it may have, its job says so.
        status, listed = await ask("GET", account, url=f"{site.url}/v1/jobs")
        reason = listed["jobs"][0]["waiting_reason"]
        assert (reason["code"], reason["limit"], reason["in_motion"]) == ("QUOTA", 0, 0)
        nowhere = f"{site.url}/v1/accounts/acct_{'0' * 32}/limits"
        assert (await ask("GET", operator, url=nowhere))[0] == 404
        assert (await ask("PATCH", operator, {"max_queued": -1}))[0] == 422
