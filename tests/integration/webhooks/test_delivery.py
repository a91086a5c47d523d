"""What a receiver gets, and what the record says of it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook
from tests.integration.webhooks.conftest import SECRET, Serve
from tests.support.outcomes import Outcomes
from tests.support.receiver import Receiver, answer
from tests.support.waiting import until

from headrace_runtime.jetstream.client import JetStream
from headrace_store.postgres import Pool


async def test_a_completed_job_reaches_its_receiver_signed_and_once(
    serve: Serve, outcomes: Outcomes, receiver: Receiver, delivery_of: Any, js: JetStream
) -> None:
    delivery_id = await outcomes.delivery(
        receiver.url("/ok"), file_key="results/x/output.jpg", file_name="output.jpg", file_mime="image/jpeg",
        file_size=1,
    )  # fmt: skip
    async with serve():
        row = await delivery_of(delivery_id, state="delivered")
        info = await until(lambda: js.nc.jsm().stream_info("HOOKS"), lambda info: info.state.messages == 0)
    assert info.config.max_msgs_per_subject == 1
    (request,) = receiver.requests
    assert request.webhook_id == str(delivery_id)
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"] == "AI-Runner-Webhook/1.0"
    assert abs(int(request.headers["webhook-timestamp"]) - time.time()) < 30
    body = Webhook(SECRET).verify(request.body, request.headers)
    assert body["event"] == "job.completed"
    assert body["job"]["timing"] == {
        "queue_time_ms": 15555, "running_time_ms": 26667, "complete_time_ms": 42222, "latency_ms": 0,
    }  # fmt: skip
    assert body["job"]["result_file_key"] == "results/x/output.jpg"
    assert body["job"]["webhook_url"] == receiver.url("/ok")
    assert row["next_attempt_at"] is None
    (attempt,) = await outcomes.pool.fetch(
        "SELECT * FROM webhook_attempts WHERE delivery_id = $1", delivery_id
    )
    assert (attempt["number"], attempt["status"], attempt["error"], attempt["response_head"]) == (
        1,
        200,
        None,
        "OK",
    )


@pytest.mark.parametrize("state", ["failed", "cancelled"])
async def test_the_other_ends_are_told_too(
    serve: Serve, outcomes: Outcomes, receiver: Receiver, delivery_of: Any, state: str
) -> None:
    columns = {"failure_reason": "CUDA out of memory"} if state == "failed" else {}
    delivery_id = await outcomes.delivery(receiver.url("/ok"), state=state, **columns)
    async with serve():
        await delivery_of(delivery_id, state="delivered")
    body = json.loads(receiver.requests[0].body)
    assert body["event"] == f"job.{state}"
    assert body["job"]["status"] == state
    assert body["job"].get("failure_reason") == columns.get("failure_reason")


async def test_a_failed_attempt_is_made_again_within_30_s_under_the_same_id(
    serve: Serve, outcomes: Outcomes, receiver: Receiver, delivery_of: Any
) -> None:
    receiver.answers["/flaky"] = answer(500, b"boom")
    delivery_id = await outcomes.delivery(receiver.url("/flaky"))
    async with serve():
        row = await delivery_of(delivery_id, attempts=1)
        assert row["state"] == "pending"
        receiver.answers["/flaky"] = answer(204)
        await delivery_of(delivery_id, state="delivered")
    first, second = receiver.requests
    assert first.webhook_id == second.webhook_id
    assert first.body == second.body
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) in range(3, 31)
    Webhook(SECRET).verify(second.body, second.headers)
    statuses = await outcomes.pool.fetch(
        "SELECT status FROM webhook_attempts WHERE delivery_id = $1 ORDER BY number", delivery_id
    )
    assert [row["status"] for row in statuses] == [500, 204]


async def test_an_endpoint_may_have_secrets_of_its_own(
    serve: Serve, outcomes: Outcomes, receiver: Receiver, delivery_of: Any, pool: Pool
) -> None:
    own = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
    delivery_id = await outcomes.delivery(receiver.url("/ok"))
    await pool.execute("UPDATE webhook_endpoints SET secret = $1", f"{own} {SECRET}")
    async with serve(webhook_secret="whsec_c29tZXRoaW5nIGVsc2UgZW50aXJlbHk="):
        await delivery_of(delivery_id, state="delivered")
    (request,) = receiver.requests
    for secret in (own, SECRET):
        Webhook(secret).verify(request.body, request.headers)


async def test_gone_disables_the_endpoint_and_keeps_what_comes_later(
    serve: Serve, outcomes: Outcomes, receiver: Receiver, delivery_of: Any, pool: Pool
) -> None:
    receiver.answers["/gone"] = answer(410)
    first = await outcomes.delivery(receiver.url("/gone"))
    async with serve():
        await delivery_of(first, state="held")
        second = await outcomes.delivery(receiver.url("/gone"))
        row = await delivery_of(second, state="held")
    assert row["attempts"] == 0
    assert len(receiver.requests) == 1
    endpoint = await pool.fetchrow("SELECT * FROM webhook_endpoints")
    assert endpoint is not None
    assert endpoint["disabled_at"] is not None
    assert "410" in endpoint["disabled_reason"]


async def test_after_the_last_attempt_it_is_exhausted(
    serve: Serve, outcomes: Outcomes, receiver: Receiver, delivery_of: Any, pool: Pool
) -> None:
    receiver.answers["/bad"] = answer(500)
    delivery_id = await outcomes.delivery(receiver.url("/bad"))
    await pool.execute("UPDATE webhook_deliveries SET attempts = 9")
    async with serve():
        row = await delivery_of(delivery_id, state="exhausted")
    assert (row["attempts"], row["next_attempt_at"]) == (10, None)


async def test_retry_after_is_honoured_within_bounds(
    serve: Serve, outcomes: Outcomes, receiver: Receiver, delivery_of: Any, pool: Pool
) -> None:
    receiver.answers["/busy"] = answer(429, Retry_After="86400")
    delivery_id = await outcomes.delivery(receiver.url("/busy"))
    await pool.execute("UPDATE webhook_deliveries SET attempts = 3")
    async with serve():
        await delivery_of(delivery_id, attempts=4)
    wait = await pool.fetchval("SELECT extract(epoch FROM next_attempt_at - now()) FROM webhook_deliveries")
    assert 900 < wait <= 1440
