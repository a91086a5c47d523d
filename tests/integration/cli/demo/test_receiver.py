"""The demo's webhook receiver over real HTTP."""

from __future__ import annotations

import json
import time
from uuid import UUID

import aiohttp

from headrace.demo.receiver import receiving
from headrace_contracts.signing import headers, parse_secret

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = json.dumps({"event": "job.completed", "job": {"id": str(UUID(int=5))}}).encode()


async def _post(url: str, body: bytes, secret: str) -> int:
    signed = headers([parse_secret(secret)], webhook_id="msg_1", timestamp_s=int(time.time()), body=body)
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=signed) as answer:
        return answer.status


async def test_genuine_forged_and_senseless_webhooks() -> None:
    async with receiving(SECRET) as receiver:
        assert await _post(receiver.url, BODY, SECRET) == 200
        assert await _post(receiver.url, BODY, "whsec_" + "A" * 32) == 401
        assert await _post(receiver.url, b"[]", SECRET) == 400
        assert await _post(receiver.url, b"nonsense", SECRET) == 400
    assert [(each.job_id.int, each.event, each.genuine) for each in receiver.deliveries] == [
        (5, "job.completed", True),
        (5, "job.completed", False),
    ]
    assert receiver.deliveries[0].webhook_id == "msg_1"
