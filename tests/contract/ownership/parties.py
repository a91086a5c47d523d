"""Accounts with a credential of every kind, good ones and dead ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import aiohttp
from tests.support.jobserver import person
from tests.support.record import pool_of
from tests.support.service_process import AGENT_TOKEN
from tests.support.site import Site

from headrace_store.accounts.agent_tokens import AgentTokens
from headrace_store.accounts.workers import NewWorker, Workers

RADIANCE_KEY = "a-key-of-radiance-clients"

#: How each kind of credential travels: a bearer token, a header of its own, or a query parameter.
SLOTS: Mapping[str, str] = {
    "native": "bearer",
    "auraflux": "bearer",
    "session": "bearer",
    "user_id": "query",
    "auralis_worker": "bearer",
    "jobserver_worker": "x-worker-token",
    "agent": "bearer",
    "radiance_client": "bearer",
}


def presented(slot: str, secret: str) -> dict[str, Any]:
    """A secret on its way: keyword arguments of a request."""
    if slot == "query":
        return {"params": {"user_id": secret}}
    if slot == "bearer":
        return {"headers": {"Authorization": f"Bearer {secret}"}}
    return {"headers": {slot: secret}}


@dataclass(frozen=True, kw_only=True)
class Party:
    """An account with its secrets, by kind. Those of agents and of radiance's clients are the site's."""

    url: str
    session: aiohttp.ClientSession
    account_id: UUID
    secrets: Mapping[str, str]
    record_url: str

    async def ask(self, kind: str, method: str, path: str, **request: Any) -> tuple[int, Any]:
        """One request; ``path`` begins with the mount. Raises AssertionError for an error of the server."""
        shown = presented(SLOTS[kind], self.secrets[kind])
        merged = {**request}
        for name, values in shown.items():
            merged[name] = {**values, **request.get(name, {})}
        return await ask(self.session, method, self.url + path, **merged)


async def ask(
    session: aiohttp.ClientSession, method: str, url: str, *, stream: bool = False, **request: Any
) -> tuple[int, Any]:
    """Status and body; ``stream``: the body has no end, and is not read. A redirect is an answer."""
    async with session.request(method, url, allow_redirects=False, **request) as answer:
        assert answer.status < 500, f"{method} {url}: {answer.status} {(await answer.text())[:500]}"
        if stream and answer.status == 200:
            return answer.status, None
        is_json = answer.content_type == "application/json"
        return answer.status, await answer.json() if is_json else await answer.read()


async def party(site: Site, session: aiohttp.ClientSession) -> Party:
    """A new account with everything."""
    account, name = await site.account(), f"worker-{uuid4().hex[:12]}"
    who = await person(site.record_url, account_id=account.id)
    secrets = {
        "native": account.native_key,
        "auraflux": account.auraflux_key,
        "session": who.token,
        "user_id": str(account.user_ref),
        "agent": AGENT_TOKEN,
        "radiance_client": RADIANCE_KEY,
    }
    async with pool_of(site.record_url) as pool:
        workers = Workers(pool, silent_s=90)
        for dialect, platform, prefix in (("auralis", "linux-amd64", "aw_"), ("jobserver", "any", "jw_")):
            _, token, _ = await workers.register(
                NewWorker(
                    account_id=account.id, dialect=dialect, name=name, platform=platform, token_prefix=prefix
                )
            )
            secrets[f"{dialect}_worker"] = token
    return Party(
        url=site.url,
        session=session,
        account_id=account.id,
        secrets=secrets,
        record_url=site.record_url,
    )


_EXPIRE = (
    "UPDATE api_keys SET expires_at = now() - interval '1 minute' WHERE account_id = $1",
    (
        "UPDATE sessions SET expires_at = now() - interval '1 minute'"
        " WHERE user_id IN (SELECT id FROM users WHERE account_id = $1)"
    ),
    "UPDATE workers SET deleted_at = now() WHERE account_id = $1",
)
_REVOKE = (
    "UPDATE api_keys SET revoked_at = now() WHERE account_id = $1",
    "UPDATE sessions SET ended_at = now() WHERE user_id IN (SELECT id FROM users WHERE account_id = $1)",
)
_DISABLE = ("UPDATE accounts SET disabled_at = now() WHERE id = $1",)


async def dead_secrets(site: Site, session: aiohttp.ClientSession) -> Mapping[str, Mapping[str, str]]:
    """Secrets that were good once, by what became of them and by kind."""
    kinds = {"native", "auraflux", "session", "auralis_worker", "jobserver_worker"}
    dead: dict[str, dict[str, str]] = {}
    for fate, statements, hit in (
        ("expired", _EXPIRE, kinds),
        ("revoked", _REVOKE, {"native", "auraflux", "session"}),
        ("disabled", _DISABLE, kinds | {"user_id"}),
    ):
        one = await party(site, session)
        async with pool_of(site.record_url) as pool:
            for statement in statements:
                await pool.execute(statement, one.account_id)
        dead[fate] = {kind: one.secrets[kind] for kind in hit}
    async with pool_of(site.record_url) as pool:
        tokens = AgentTokens(pool)
        token, secret = await tokens.create("gone")
        await tokens.revoke(token.id)
    dead["revoked"]["agent"] = secret
    return dead
