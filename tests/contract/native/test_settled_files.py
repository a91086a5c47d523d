"""A presigned URL outlives the upload: what a job gets is what was looked at, whatever comes to the URL later."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.contract.native.conftest import Native


async def put(native: Native, slot: dict[str, Any], content: bytes) -> None:
    async with native.session.put(slot["upload_url"], data=content, headers=slot["headers"]) as sent:
        assert sent.status == 200, await sent.text()


async def slot_for(native: Native, content: bytes) -> dict[str, Any]:
    wish = {"name": "scores.csv", "mime": "text/csv"}
    slot: dict[str, Any] = await native.made("POST", "/v1/files", json=wish)
    await put(native, slot, content)
    return slot


async def input_of(native: Native, job_id: str) -> bytes:
    """What an agent that claims the job is given."""
    agent = {"Authorization": f"Bearer {native.names['agent']}", "x-agent-models": "data-processing"}
    base = f"{native.origin}/radiance/airunner/agent"
    async with native.session.post(f"{base}/claim", headers=agent) as answer:
        assert answer.status == 200, await answer.text()
        claim = (await answer.json())["result"]
    assert claim["id"].replace("-", "") == job_id.removeprefix("job_")
    headers = {**agent, "x-claim-token": claim["claim_token"]}
    async with native.session.get(f"{base}/get/{claim['id']}", headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        content: bytes = await answer.read()
    async with native.session.post(
        f"{base}/failed/{claim['id']}", headers=headers, json={"reason": "seen"}
    ) as answer:
        assert answer.status == 200
    return content


async def test_a_later_upload_to_the_same_url_changes_no_job(native: Native) -> None:
    slot = await slot_for(native, b"name,score\nada,3\n")
    body = {"model": "data-processing", "input": slot["file_id"], "priority": "urgent"}
    job = await native.made("POST", "/v1/jobs", json=body)
    await put(native, slot, b"name,score\neve,9999\n")
    again = await native.made("POST", "/v1/jobs", json=body)
    for made in (job, again):
        assert await input_of(native, made["job_id"]) == b"name,score\nada,3\n"


async def test_looks_at_the_same_time_agree(native: Native) -> None:
    slot = await slot_for(native, b"name,score\nada,3\n")
    shown = await asyncio.gather(*(native.ask("GET", f"/v1/files/{slot['file_id']}") for _ in range(6)))
    assert {(reply.status, reply.body["size"], reply.body["mime"]) for reply in shown} == {
        (200, 17, "text/csv")
    }
