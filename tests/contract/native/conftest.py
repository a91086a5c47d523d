"""The native API of the site, an account of each test's own, and a stranger."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from tests.support.record import pool_of
from tests.support.servers import run_apart
from tests.support.service_process import AGENT_TOKEN
from tests.support.site import Site, SiteAccount

from headrace_contracts.jobs.state import FINAL
from headrace_contracts.scopes import SCOPES
from headrace_store.accounts.keys import Keys, KeyWish


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A status, headers, and the body as JSON where it is that."""

    status: int
    headers: Mapping[str, str]
    body: Any
    data: bytes

    @property
    def problems(self) -> dict[str, str]:
        """By field, of a 422."""
        return {each["field"]: each["message"] for each in self.body["error"]["details"]}

    @property
    def code(self) -> str:
        return str(self.body["error"]["code"])


@dataclass(frozen=True, kw_only=True)
class Native:
    """The API, as a client with a key sees it."""

    site: Site
    session: aiohttp.ClientSession
    account: SiteAccount
    stranger: SiteAccount

    @property
    def origin(self) -> str:
        return self.site.url

    @property
    def names(self) -> dict[str, str]:
        """What transcripts may name."""
        return {
            "key": self.account.native_key,
            "other_key": self.stranger.native_key,
            "auraflux_key": self.account.auraflux_key,
            "agent": AGENT_TOKEN,
        }

    async def ask(self, method: str, path: str, *, key: str | None = None, **options: Any) -> Reply:
        """One request with the account's key, or another one."""
        headers = {"Authorization": f"Bearer {key or self.account.native_key}", **options.pop("headers", {})}
        async with self.session.request(
            method, self.origin + path, headers=headers, allow_redirects=False, **options
        ) as answer:
            data = await answer.read()
            body = await answer.json() if answer.content_type == "application/json" and data else None
            return Reply(status=answer.status, headers=dict(answer.headers), body=body, data=data)

    async def made(self, method: str, path: str, **options: Any) -> Any:
        """The body of an answer that must be a success."""
        reply = await self.ask(method, path, **options)
        assert reply.status < 300, f"{method} {path}: {reply.status} {reply.data!r}"
        return reply.body

    async def job(self, **fields: Any) -> str:
        """The id of a new job, which nobody takes unless the test does."""
        return str((await self.made("POST", "/v1/jobs", json={"model": "noop", **fields}))["job_id"])

    async def finish(self, job_id: str, *, data: str = '{"text": "done"}', file: bytes | None = None) -> None:
        """Play the agent: claim the one job that waits, and hand in its result."""
        agent = {"Authorization": f"Bearer {AGENT_TOKEN}", "x-agent-id": "miner-7"}
        base = f"{self.origin}/radiance/airunner/agent"
        async with self.session.post(
            f"{base}/claim", headers={**agent, "x-agent-models": "text-generation"}
        ) as answer:
            claim = (await answer.json())["result"]
        assert claim["id"].replace("-", "") == job_id.removeprefix("job_")
        form = aiohttp.FormData()
        form.add_field("data", data)
        form.add_field("meta", "{}")
        if file is not None:
            form.add_field("file", file, filename="out.bin", content_type="application/octet-stream")
        async with self.session.post(
            f"{base}/return/{claim['id']}",
            data=form,
            headers={**agent, "x-claim-token": claim["claim_token"]},
        ) as answer:
            assert answer.status == 200, await answer.text()


@pytest.fixture(scope="session")
def stranger(site: Site) -> SiteAccount:
    """Somebody else."""
    return run_apart(site.account())


@pytest.fixture
async def native(site: Site, stranger: SiteAccount) -> AsyncIterator[Native]:
    """Accounts without jobs. What a test leaves in the queue is cancelled: claims take the oldest of all accounts."""
    account = await site.account()
    async with aiohttp.ClientSession() as session:
        yield Native(site=site, session=session, account=account, stranger=stranger)
        async with pool_of(site.record_url) as pool:
            left = await pool.fetch(
                "SELECT id FROM jobs WHERE account_id = $1 AND state <> ALL ($2::text[])",
                account.id,
                [str(state) for state in FINAL],
            )
            # The test may have used up its key's limit, or revoked it.
            wish = KeyWish(
                account_id=account.id, kind="native", name="sweep", scopes=tuple(SCOPES), per_minute=9999
            )
            key = (await Keys(pool).create(wish)).key if left else ""
        for row in left:
            url = f"{site.url}/v1/jobs/{row['id']}"
            async with session.delete(url, headers={"Authorization": f"Bearer {key}"}) as answer:
                assert answer.status in {200, 409}, await answer.text()
