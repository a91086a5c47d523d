"""JSON results that are too large for the record are read back like all others."""

from __future__ import annotations

import asyncio
import io
import json
from typing import Any

import aiohttp
import pytest
from tests.contract.radiance.conftest import Radiance
from tests.contract.radiance.transcripts.common import AGENT
from tests.support.waiting import until


@pytest.fixture
async def claim(radiance: Radiance) -> dict[str, Any]:
    """A claimed job."""
    job = {"model": "text-generation", "payload": {"prompt": "x"}}
    async with radiance.session.post(f"{radiance.origin}/airunner/submit", json=job) as answer:
        assert answer.status == 201

    async def claimed() -> dict[str, Any] | None:
        async with radiance.session.post(f"{radiance.origin}/airunner/agent/claim", headers=AGENT) as answer:
            return None if answer.status == 204 else (await answer.json())["result"]

    return await until(claimed)


def headers(claim: dict[str, Any]) -> dict[str, str]:
    return {**AGENT, "x-claim-token": claim["claim_token"]}


def body(data: Any) -> aiohttp.BytesIOPayload:
    return aiohttp.BytesIOPayload(
        io.BytesIO(json.dumps({"data": data}).encode()), content_type="application/json"
    )


async def test_result_of_a_megabyte(radiance: Radiance, claim: dict[str, Any]) -> None:
    data = {"text": "ä" * 500_000, "n": 1.5}
    url = f"{radiance.origin}/airunner/agent/return/{claim['id']}"
    async with radiance.session.post(url, headers=headers(claim), data=body(data)) as answer:
        assert answer.status == 200, await answer.text()
    async with radiance.session.get(f"{radiance.origin}/airunner/result/json/{claim['id']}") as answer:
        assert (await answer.json())["result"] == data


async def test_result_over_the_limit_is_refused_and_the_claim_lives_on(
    radiance: Radiance, claim: dict[str, Any]
) -> None:
    url = f"{radiance.origin}/airunner/agent/return/{claim['id']}"
    async with radiance.session.post(
        url, headers=headers(claim), data=body("x" * (9 * 1024 * 1024))
    ) as answer:
        assert answer.status == 413
        assert (await answer.json())["error"]["code"] == "FILE_TOO_LARGE"
    async with radiance.session.post(url, headers=headers(claim), json={"data": 1}) as answer:
        assert answer.status == 200


async def test_two_returns_at_once_give_one_result(radiance: Radiance, claim: dict[str, Any]) -> None:
    async def hand_in(content: bytes) -> int:
        form = aiohttp.FormData()
        form.add_field("data", f'"{content.decode()}"')
        form.add_field("file", content, filename="output.txt", content_type="text/plain")
        url = f"{radiance.origin}/airunner/agent/return/{claim['id']}"
        async with radiance.session.post(url, headers=headers(claim), data=form) as answer:
            return answer.status

    assert sorted(await asyncio.gather(hand_in(b"first"), hand_in(b"other"))) == [200, 409]
    async with radiance.session.get(f"{radiance.origin}/airunner/result/json/{claim['id']}") as answer:
        data = (await answer.json())["result"]
    async with radiance.session.get(f"{radiance.origin}/airunner/result/file/{claim['id']}") as answer:
        assert answer.status == 200
        assert await answer.text() == data
