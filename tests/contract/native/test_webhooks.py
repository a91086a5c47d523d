"""Webhook endpoints with the real sender behind them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from tests.contract.native.conftest import Native
from tests.support.receiver import Received, Receiver, receiving
from tests.support.service_process import ServiceProcess, service
from tests.support.site import Site
from tests.support.waiting import until

from headrace_contracts import signing

SITE_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture(scope="module")
def sender(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """The webhooks service beside the site."""
    env = {**site.env, "HEADRACE_WEBHOOK_SECRET": SITE_SECRET, "HEADRACE_WEBHOOK_RELAY_EVERY_S": "0.1"}
    with service("headrace_webhooks", env, tmp_path_factory.mktemp("webhooks") / "webhooks.log") as running:
        yield running


@pytest.fixture
async def receiver(sender: ServiceProcess) -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


def signed_by(secret: str, got: Received) -> bool:
    """Whether one of the signatures is of this secret."""
    alone = signing.sign(
        signing.parse_secrets(secret),
        webhook_id=got.webhook_id,
        timestamp_s=int(got.headers["webhook-timestamp"]),
        body=got.body,
    )
    return alone in got.headers["webhook-signature"].split()


async def delivered(native: Native, path: str, count: int) -> list[Any]:
    """The deliveries, once so many have been made."""

    async def ask() -> list[Any]:
        found: list[Any] = (await native.made("GET", f"{path}/deliveries"))["deliveries"]
        return found

    return await until(ask, lambda all_: sum(len(each["attempts"]) for each in all_) >= count, every_s=0.3)


async def test_a_test_goes_through_the_whole_pipeline(native: Native, receiver: Receiver) -> None:
    made = await native.made("POST", "/v1/webhooks", json={"url": receiver.url("/test")})
    path = f"/v1/webhooks/{made['webhook_id']}"
    queued = await native.ask("POST", f"{path}/test")
    assert queued.status == 202
    await receiver.wait_for(1)
    (got,) = receiver.requests
    assert json.loads(got.body)["event"] == "webhook.test"
    assert got.webhook_id.replace("-", "") == queued.body["delivery_id"].removeprefix("dlv_")
    assert signed_by(made["secret"], got)
    assert not signed_by(SITE_SECRET, got)
    (delivery,) = await delivered(native, path, 1)
    assert (delivery["event"], delivery["status"], delivery["job_id"]) == ("webhook.test", "delivered", None)
    assert delivery["attempts"][0]["status"] == 200
    assert "secret" not in await native.made("GET", path)


async def test_after_a_rotation_both_secrets_sign(native: Native, receiver: Receiver) -> None:
    made = await native.made("POST", "/v1/webhooks", json={"url": receiver.url("/rotate")})
    path = f"/v1/webhooks/{made['webhook_id']}"
    rotated = await native.made("POST", f"{path}/rotate")
    assert rotated["secret"] != made["secret"]
    assert rotated["old_secret_until"] is not None
    await native.made("POST", f"{path}/test")
    await receiver.wait_for(1)
    assert signed_by(made["secret"], receiver.requests[0])
    assert signed_by(rotated["secret"], receiver.requests[0])


async def test_every_job_of_the_account_is_told_of_and_can_be_told_again(
    native: Native, receiver: Receiver
) -> None:
    hook = {"url": receiver.url("/all"), "events": ["job.completed"]}
    made = await native.made("POST", "/v1/webhooks", json=hook)
    path = f"/v1/webhooks/{made['webhook_id']}"
    gone = await native.job()
    await native.made("DELETE", f"/v1/jobs/{gone}")  # an event that it did not ask for
    job = await native.job(model="text-generation", input="x")
    await native.finish(job)
    await receiver.wait_for(1)
    assert json.loads(receiver.requests[0].body)["event"] == "job.completed"
    (delivery,) = await delivered(native, path, 1)
    assert (delivery["job_id"], delivery["status"]) == (job, "delivered")
    again = await native.ask("POST", f"{path}/deliveries/{delivery['delivery_id']}/redeliver")
    assert again.status == 202
    await receiver.wait_for(2)
    assert receiver.requests[0].webhook_id == receiver.requests[1].webhook_id
    (delivery,) = await delivered(native, path, 2)
    assert [each["number"] for each in delivery["attempts"]] == [1, 2]


async def test_a_disabled_endpoint_is_enabled_again(native: Native, receiver: Receiver) -> None:
    receiver.answers["/gone"] = b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    made = await native.made("POST", "/v1/webhooks", json={"url": receiver.url("/gone")})
    path = f"/v1/webhooks/{made['webhook_id']}"
    sent = await native.made("POST", f"{path}/test")
    await delivered(native, path, 1)
    seen = await native.made("GET", path)
    assert (seen["enabled"], seen["disabled_reason"]) == (False, "the receiver answered 410 Gone")
    refused = await native.ask("POST", f"{path}/deliveries/{sent['delivery_id']}/redeliver")
    assert (refused.status, refused.code) == (409, "conflict")
    del receiver.answers["/gone"]
    enabled = await native.made("POST", f"{path}/enable")
    assert enabled["enabled"] is True
    await receiver.wait_for(2)  # what was held is sent
    (delivery,) = await delivered(native, path, 2)
    assert delivery["status"] == "delivered"


async def test_endpoints_are_one_an_address(native: Native, receiver: Receiver) -> None:
    url = receiver.url("/one")
    # A job that names the address itself made a row of its own before.
    job = await native.job(webhook_url=url)
    await native.made("DELETE", f"/v1/jobs/{job}")
    await receiver.wait_for(1)
    assert signed_by(SITE_SECRET, receiver.requests[0])
    made = await native.made("POST", "/v1/webhooks", json={"url": url})
    assert (await native.ask("POST", "/v1/webhooks", json={"url": url})).status == 409
    assert (await native.ask("DELETE", f"/v1/webhooks/{made['webhook_id']}")).status == 204
    assert (await native.made("GET", "/v1/webhooks"))["webhooks"] == []
    again = await native.made("POST", "/v1/webhooks", json={"url": url})
    assert again["secret"] != made["secret"]
    inside = await native.ask("POST", "/v1/webhooks", json={"url": "http://10.0.0.1/"})
    assert "url" in inside.problems
