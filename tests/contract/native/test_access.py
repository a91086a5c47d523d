"""Who may call what: every route of the document with no key, a wrong one, a stranger's, and one without the scope."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.contract.native.conftest import Native
from tests.support.record import pool_of

from headrace_contracts.scopes import SCOPES
from headrace_store.accounts.keys import Keys, KeyWish

#: A body that is good in its form, by operation.
BODIES: dict[tuple[str, str], Any] = {
    ("post", "/v1/jobs"): {"model": "noop"},
    ("post", "/v1/jobs:batch"): {"jobs": [{"model": "noop"}]},
    ("patch", "/v1/jobs/{id}/schedule"): {"run_at": None},
    ("post", "/v1/jobs/{id}/priority"): {"priority": "high"},
    ("post", "/v1/files"): {"name": "x"},
    ("post", "/v1/templates"): {"name": "x"},
    ("put", "/v1/templates/{id}"): {"name": "x"},
    ("post", "/v1/destinations"): {"name": "x", "platform": "s3"},
    ("post", "/v1/webhooks"): {"url": "https://example.com"},
    ("put", "/v1/pools/{name}"): {},
    ("post", "/v1/keys"): {"name": "x"},
}
_PART = re.compile(r"\{\w+\}")
_QUERIES = {"/v1/jobs/history": "?from=2026-01-01&to=2026-01-02"}


async def operations(native: Native) -> list[tuple[str, str, str]]:
    """Verb, path and scope of each."""
    document = await native.made("GET", "/v1/openapi.json")
    return [
        (verb, path, item.get("description", "").rpartition("Needs the scope `")[2].removesuffix("`."))
        for path, found in document["paths"].items()
        for verb, item in found.items()
    ]


async def wide_key(native: Native, **wish: Any) -> str:
    """A key of the account with a wide limit."""
    fields = {"scopes": tuple(SCOPES), "per_minute": 100_000, "per_hour": 100_000, **wish}
    async with pool_of(native.site.record_url) as pool:
        account = fields.pop("account_id", native.account.id)
        made = await Keys(pool).create(KeyWish(account_id=account, kind="native", name="wide", **fields))
    return made.key


async def test_no_route_answers_without_a_good_key(native: Native) -> None:
    async with pool_of(native.site.record_url) as pool:
        wish = KeyWish(
            account_id=native.account.id,
            kind="native",
            name="old",
            scopes=tuple(SCOPES),
            expires_at=datetime.now(UTC) - timedelta(seconds=1),
        )
        expired = (await Keys(pool).create(wish)).key
    keys = {"none": "", "expired": expired, "kind": native.account.auraflux_key, "wrong": "hr_live_wrong"}
    for verb, path, _scope in await operations(native):
        for what, key in keys.items():
            options: dict[str, Any] = {"headers": {"Authorization": ""}} if what == "none" else {"key": key}
            where = _PART.sub("x", path)
            reply = await native.ask(verb, where, json=BODIES.get((verb, path)), **options)
            assert (reply.status, reply.code) == (401, "unauthorized"), (verb, path, what)


async def test_a_key_without_the_scope_is_refused(native: Native) -> None:
    keys = {
        scope: await wide_key(native, scopes=[each for each in SCOPES if each != scope]) for scope in SCOPES
    }
    for verb, path, scope in await operations(native):
        if scope:
            where = _PART.sub("x", path) + _QUERIES.get(path, "")
            reply = await native.ask(verb, where, key=keys[scope], json=BODIES.get((verb, path)))
            assert (reply.status, reply.code) == (403, "forbidden"), (verb, path)
            assert scope in reply.body["error"]["message"]


async def test_an_accounts_admin_does_not_become_the_sites_operator(native: Native) -> None:
    admin = await wide_key(native, scopes=[each for each in SCOPES if each != "operator"])
    body = {"name": "more", "scopes": ["admin", "operator"]}
    refused = await native.ask("POST", "/v1/keys", key=admin, json=body)
    assert (refused.status, refused.code) == (403, "forbidden")
    assert "operator" in refused.body["error"]["message"]
    assert (await native.ask("POST", "/v1/keys", json=body)).status == 201


async def test_another_accounts_things_do_not_exist(native: Native) -> None:
    job = await native.job(model="text-generation", input="x")
    await native.made("DELETE", f"/v1/jobs/{job}")
    things = {
        "jobs": job,
        "files": (await native.made("POST", "/v1/files", json={"name": "x"}))["file_id"],
        "templates": (await native.made("POST", "/v1/templates", json={"name": "x"}))["template_id"],
        "webhooks": (await native.made("POST", "/v1/webhooks", json={"url": "http://127.0.0.1:9/"}))[
            "webhook_id"
        ],
        "keys": (await native.made("POST", "/v1/keys", json={"name": "x"}))["key_id"],
    }
    await native.made("POST", "/v1/destinations", json={"name": "mine", "platform": "s3"})
    stranger = await wide_key(native, account_id=native.stranger.id)
    walked = 0
    for verb, path, _scope in await operations(native):
        noun = path.split("/")[2]
        named = path.replace("{id}", things.get(noun, "")).replace("{delivery_id}", "dlv_" + "0" * 32)
        if noun == "destinations":
            named = path.replace("{name}", "mine")
        elif "{id}" not in path or noun not in things:
            continue
        if "{" not in path:
            continue
        reply = await native.ask(verb, named, key=stranger, json=BODIES.get((verb, path)))
        assert (reply.status, reply.code) == (404, "not_found"), (verb, path, reply.data)
        walked += 1
    assert walked >= 22
    for noun in ("jobs", "files", "templates", "webhooks"):
        assert things[noun] not in str((await native.ask("GET", f"/v1/{noun}", key=stranger)).body)
    body = {"model": "data-processing", "input": things["files"]}
    assert "input" in (await native.ask("POST", "/v1/jobs", json=body, key=stranger)).problems
    body = {"model": "noop", "template_id": things["templates"]}
    assert "template_id" in (await native.ask("POST", "/v1/jobs", json=body, key=stranger)).problems
    body = {"model": "noop", "destinations": ["mine"]}
    assert "destinations" in (await native.ask("POST", "/v1/jobs", json=body, key=stranger)).problems
    assert (await native.made("GET", "/v1/jobs"))["total"] == 1


async def test_a_revoked_key_is_dead_at_once(native: Native) -> None:
    made = await native.made("POST", "/v1/keys", json={"name": "short", "scopes": ["jobs:read"]})
    assert made["key"].startswith(made["hint"])
    assert (await native.ask("GET", "/v1/jobs", key=made["key"])).status == 200
    assert (await native.ask("DELETE", f"/v1/keys/{made['key_id']}")).status == 204
    assert (await native.ask("GET", "/v1/jobs", key=made["key"])).status == 401
    listed = await native.made("GET", "/v1/keys")
    (record,) = [each for each in listed["keys"] if each["key_id"] == made["key_id"]]
    assert record["revoked_at"] is not None
    assert "key" not in record
