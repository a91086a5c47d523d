"""Files, models, templates, destinations, pools, agents, the account and its usage."""

from __future__ import annotations

import json

import aiohttp
from tests.contract.native.conftest import Native

from headrace_contracts.catalogue.registry import public_models


async def test_a_file_is_announced_and_sent_to_its_own_url(native: Native) -> None:
    slot = await native.made(
        "POST", "/v1/files", json={"name": "t.csv", "mime": "application/csv", "size": 8}
    )
    assert slot["size"] is None
    early = await native.ask("POST", "/v1/jobs", json={"model": "data-processing", "input": slot["file_id"]})
    assert "uploaded" in early.problems["input"]
    async with native.session.put(slot["upload_url"], data=b"a,b\n1,2\n", headers=slot["headers"]) as sent:
        assert sent.status == 200
    seen = await native.made("GET", f"/v1/files/{slot['file_id']}")
    assert (seen["mime"], seen["size"], seen["name"]) == ("text/csv", 8, "t.csv")
    job = await native.job(model="data-processing", input=slot["file_id"])
    shown = await native.made("GET", f"/v1/jobs/{job}")
    assert shown["input_file"] == {"name": "t.csv", "mime": "text/csv", "size": 8}
    wrong = await native.ask("POST", "/v1/jobs", json={"model": "speech-to-text", "input": slot["file_id"]})
    assert "audio/wav" in wrong.problems["input"]
    assert (await native.ask("DELETE", f"/v1/files/{slot['file_id']}")).status == 204
    assert (await native.ask("GET", f"/v1/files/{slot['file_id']}")).status == 404


async def test_what_a_file_is_is_seen_in_its_content(native: Native) -> None:
    slot = await native.made("POST", "/v1/files", json={"name": "a.wav", "mime": "audio/wav"})
    async with native.session.put(slot["upload_url"], data=b"just words", headers=slot["headers"]) as sent:
        assert sent.status == 200
    refused = await native.ask("POST", "/v1/jobs", json={"model": "speech-to-text", "input": slot["file_id"]})
    assert "text/plain" in refused.problems["input"]


async def test_a_small_file_comes_with_the_request(native: Native) -> None:
    form = aiohttp.FormData()
    form.add_field("file", b'{"a": 1}', filename="x.json", content_type="application/json")
    slot = await native.made("POST", "/v1/files", data=form)
    assert (slot["mime"], slot["size"], slot["upload_url"]) == ("application/json", 8, None)
    empty = aiohttp.FormData()
    empty.add_field("file", b"", filename="x")
    assert (await native.ask("POST", "/v1/files", data=empty)).status == 400
    other = aiohttp.FormData()
    other.add_field("thing", b"x", filename="x")
    assert (await native.ask("POST", "/v1/files", data=other)).status == 400
    big = await native.ask("POST", "/v1/files", json={"name": "x", "size": 10**12})
    assert (big.status, big.code) == (413, "too_large")
    page = await native.made("GET", "/v1/files?limit=1")
    assert [each["file_id"] for each in page["files"]] == [slot["file_id"]]


async def test_models_come_with_their_schemas(native: Native) -> None:
    models = (await native.made("GET", "/v1/models"))["models"]
    assert [model["id"] for model in models] == [model.id for model in public_models()]
    one = await native.made("GET", "/v1/models/text-generation")
    assert one["input_field"] == "prompt"
    assert one["payload_schema"]["properties"]["prompt"]["type"] == "string"
    assert (await native.ask("GET", "/v1/models/gpt-17")).status == 404


async def test_templates_are_made_changed_and_deleted(native: Native) -> None:
    made = await native.made("POST", "/v1/templates", json={"name": "a", "options": {"top_k": 1}})
    path = f"/v1/templates/{made['template_id']}"
    changed = await native.made("PUT", path, json={"name": "b", "model": "text-generation"})
    assert (changed["name"], changed["model"], changed["options"]) == ("b", "text-generation", {})
    assert await native.made("GET", path) == changed
    assert (await native.made("GET", "/v1/templates"))["templates"] == [changed]
    assert "model" in (await native.ask("PUT", path, json={"name": "b", "model": "x"})).problems
    assert (await native.ask("DELETE", path)).status == 204
    for verb, body in (("GET", None), ("PUT", {"name": "c"}), ("DELETE", None)):
        assert (await native.ask(verb, path, json=body)).status == 404


async def test_a_destinations_credentials_are_never_shown(native: Native) -> None:
    body = {
        "name": "films",
        "platform": "mastodon",
        "config": {"base_url": "https://mastodon.example"},
        "secret": {"access_token": "very-secret-token"},
    }
    made = await native.ask("POST", "/v1/destinations", json=body)
    assert (made.status, made.body["has_secret"]) == (201, True)
    listed = await native.ask("GET", "/v1/destinations")
    assert b"very-secret-token" not in made.data + listed.data
    assert (await native.ask("POST", "/v1/destinations", json=body)).status == 409
    wrong = await native.ask("POST", "/v1/destinations", json={**body, "name": "x", "secret": {}})
    assert "secret.access_token" in wrong.problems
    assert (await native.ask("DELETE", "/v1/destinations/films")).status == 204
    assert (await native.ask("DELETE", "/v1/destinations/films")).status == 404


async def test_a_pool_is_made_changed_and_priced(native: Native) -> None:
    fresh = await native.ask("PUT", "/v1/pools/t-priced", json={"gpu_type": "t4", "price_per_hour": 0.35})
    assert (fresh.status, fresh.body["price_per_hour"]) == (201, 0.35)
    changed = await native.ask("PUT", "/v1/pools/t-priced", json={"gpu_type": "t4", "gpu_count": 2})
    assert (changed.status, changed.body["price_per_hour"]) == (200, None)
    assert changed.body["created_at"] == fresh.body["created_at"]
    pools = (await native.made("GET", "/v1/pools"))["pools"]
    assert "t-priced" in [pool["name"] for pool in pools]
    assert "name" in (await native.ask("PUT", "/v1/pools/text-generation", json={})).problems
    assert (await native.ask("DELETE", "/v1/pools/t-priced")).status == 204
    assert (await native.ask("DELETE", "/v1/pools/%00")).status == 400


async def test_the_account_says_who_it_is_and_what_it_used(native: Native) -> None:
    account = await native.made("GET", "/v1/account")
    assert account["account_id"] == f"acct_{native.account.id.hex}"
    assert (account["plan"], account["credits"], account["per_minute"]) == ("operate", 0, 60)
    job = await native.job(model="text-generation", input="x")
    await native.finish(job)
    await native.job()
    usage = await native.made("GET", "/v1/usage")
    assert usage["jobs"] == 2
    assert usage["run_seconds"] > 0
    states = {(line["model"], line["status"]): line["jobs"] for line in usage["lines"]}
    assert states == {("text-generation", "completed"): 1, ("noop", "queued"): 1}
    assert (await native.made("GET", "/v1/usage?from=2020-01-01&to=2020-01-31"))["jobs"] == 0
    assert (await native.ask("GET", "/v1/usage?from=2020-02-01&to=2020-01-31")).status == 422


async def test_a_key_is_checked_before_it_is_made(native: Native) -> None:
    past = await native.ask("POST", "/v1/keys", json={"name": "x", "expires_at": "2020-01-01T00:00:00Z"})
    assert "expires_at" in past.problems
    odd = await native.ask("POST", "/v1/keys", json={"name": "x", "scopes": ["all"]})
    assert "scopes[0]" in odd.problems


async def test_agents_that_are_online_are_listed(native: Native) -> None:
    job = await native.job(model="text-generation", input="x")
    await native.finish(job)  # a claim is a sign of life of an agent over REST
    agents = (await native.made("GET", "/v1/agents"))["agents"]
    names = json.dumps([agent["name"] for agent in agents])
    assert "miner-7" in names
