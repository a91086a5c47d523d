"""Who may call: agents' tokens in the record, clients of a closed site, claims whose lease is over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
from tests.support.service_process import AGENT_TOKEN, ServiceProcess, service
from tests.support.waiting import until

from headrace_contracts.ids import hash_token, new_id

AGENT = {"Authorization": f"Bearer {AGENT_TOKEN}"}
PRIVATE = {"HEADRACE_RADIANCE_PUBLIC": "false", "HEADRACE_RADIANCE_CLIENT_KEY": "key-one, key-two"}


async def test_token_in_the_record_opens_agent_routes(api: ServiceProcess, record_url: str) -> None:
    connection = await asyncpg.connect(record_url)
    try:
        await connection.execute(
            "INSERT INTO agent_tokens (id, name, token_hash) VALUES ($1, 'n', $2)",
            new_id(), hash_token("from-the-record"),
        )  # fmt: skip
    finally:
        await connection.close()
    url = f"{api.api_url}/radiance/airunner/agent/heartbeat/{new_id()}"
    async with aiohttp.ClientSession() as session:
        for token, status in (("from-the-record", 404), (AGENT_TOKEN, 404), ("another", 401)):
            async with session.post(url, headers={"Authorization": f"Bearer {token}"}) as answer:
                assert answer.status == status, token


async def test_closed_site_asks_clients_for_a_key(api_env: dict[str, str], tmp_path: Path) -> None:
    with service("headrace_api", {**api_env, **PRIVATE}, tmp_path / "api.log") as api:
        url = f"{api.api_url}/radiance/airunner/models"
        async with aiohttp.ClientSession() as session:
            for headers in ({}, {"x-api-key": "wrong"}, {"Authorization": "Bearer key-one, key-two"}):
                async with session.get(url, headers=headers) as answer:
                    assert answer.status == 401
                    assert (await answer.json())["error"] == {
                        "code": "UNAUTHORIZED",
                        "message": "API key required",
                    }
            for headers in ({"x-api-key": "key-two"}, {"Authorization": "Bearer key-one"}):
                async with session.get(url, headers=headers) as answer:
                    assert answer.status == 200


async def test_claim_whose_lease_is_over_is_forbidden_and_the_job_claimed_again(
    api_env: dict[str, str], tmp_path: Path
) -> None:
    env = {**api_env, "HEADRACE_REST_LEASE_S": "1"}
    with (
        service("headrace_dispatcher", env, tmp_path / "dispatcher.log"),
        service("headrace_api", env, tmp_path / "api.log") as api,
    ):
        base = f"{api.api_url}/radiance/airunner"
        async with aiohttp.ClientSession(headers=AGENT) as session:
            job = {"model": "text-generation", "payload": {"prompt": "x"}}
            async with session.post(f"{base}/submit", json=job) as answer:
                assert answer.status == 201

            async def claimed() -> dict[str, Any] | None:
                async with session.post(f"{base}/agent/claim") as answer:
                    return None if answer.status == 204 else (await answer.json())["result"]

            first = await until(claimed)
            second = await until(claimed)
            assert (second["id"], second["payload"]) == (first["id"], first["payload"])
            assert second["claim_token"] != first["claim_token"]
            url = f"{base}/agent/return/{first['id']}"
            for claim, status in ((first, 403), (second, 200)):
                headers = {"x-claim-token": claim["claim_token"]}
                async with session.post(url, headers=headers, json={"data": {"by": status}}) as answer:
                    assert answer.status == status, await answer.text()
            async with session.get(f"{base}/result/json/{first['id']}") as answer:
                assert (await answer.json())["result"] == {"by": 200}
