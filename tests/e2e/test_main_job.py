"""The main job on real input: REST, record, JetStream, agent, result, export, webhook, and a clean end."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from tests.support.live_stack import LiveStack, client_of, live_stack
from tests.support.receiver import Received, receiving
from tests.support.servers import s3_client
from tests.support.waiting import until

from headrace.demo.samples import cat_photo

PROCESSES = ["nats", "postgres", "s3", "api", "dispatcher", "webhooks", "publisher", "agent-1"]


async def test_a_photo_becomes_a_result_a_webhook_and_an_export(tmp_path: Path) -> None:
    with live_stack(tmp_path) as stack:
        await _main_job(stack)
        status = json.loads(stack.commands.run("status", "--json").stdout)
        assert list(status["processes"]) == PROCESSES
        assert {each["health"] for each in status["processes"].values()} == {"ready"}
        assert {each["restarts"] for each in status["processes"].values()} == {0}
        assert stack.commands.run("down").returncode == 0
        assert stack.commands.processes() == []
        assert stack.commands.run("status").returncode == 3


async def _main_job(stack: LiveStack) -> None:
    async with client_of(stack.origin) as client, receiving() as receiver:
        job_id = await client.submit(
            "image-classification",
            {"top_k": 5, "threshold": 0.1},
            file=("my_image.png", cat_photo().read_bytes(), "image/png"),
            priority="high",
            webhook_url=receiver.url("/webhook"),
        )
        status = await client.ended(job_id)
        assert status["status"] == "completed", status
        assert status["priority"] == 2
        assert status["result_key"] == f"results/{job_id}/result.json"
        timing = status["timing"]
        assert timing["complete_time_ms"] == timing["queue_time_ms"] + timing["running_time_ms"]

        result = await client.get(f"result/json/{job_id}")
        assert result["agent"] == "agent-1"
        assert result["payload"] == {"top_k": 5, "threshold": 0.1}
        assert "cat" in result["result"]["predictions"][0]["label"].lower()

        await receiver.wait_for(1)
        _check_webhook(receiver.requests[0], stack.secrets.webhook_secret, status)
        assert await _exported(stack, status["result_key"]) == result
        assert len(receiver.requests) == 1


def _check_webhook(hook: Received, secret: str, status: dict[str, Any]) -> None:
    body = json.loads(hook.body)
    assert body["event"] == "job.completed"
    shared = {key: value for key, value in status.items() if key != "failure_reason"}
    assert body["job"] == shared
    content = f"{hook.webhook_id}.{hook.headers['webhook-timestamp']}.".encode() + hook.body
    digest = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), content, hashlib.sha256).digest()
    assert hook.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert hook.headers["user-agent"] == "AI-Runner-Webhook/1.0"


async def _exported(stack: LiveStack, key: str) -> Any:
    async with s3_client(stack.s3) as s3:

        async def there() -> bool:
            listed = await s3.list_objects_v2(Bucket=stack.s3.bucket, Prefix=key)
            return bool(listed["KeyCount"] == 1)

        await until(there, what="the export", timeout_s=20)
        found = await s3.get_object(Bucket=stack.s3.bucket, Key=key)
        return json.loads(await found["Body"].read())
