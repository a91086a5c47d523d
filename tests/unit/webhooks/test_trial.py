"""A test of an endpoint goes the way of every delivery."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tests.unit.webhooks.test_deliver import DELIVERY, ENDPOINT, OK, Memory, deliver

from headrace_contracts import signing
from headrace_runtime.tracing import DISABLED
from headrace_webhooks.deliver import Done
from headrace_webhooks.outcome import Outcome

TRIAL = replace(DELIVERY, job=None)


@dataclass
class Hearing(Memory):
    """Keeps the bodies, too."""

    bodies: list[bytes] = field(default_factory=list)

    async def send(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Outcome:
        self.bodies.append(body)
        return await super().send(url, body=body, headers=headers)


async def test_a_delivery_without_a_job_says_that_it_is_a_test() -> None:
    memory = Hearing(delivery=TRIAL)
    with DISABLED.span("test") as span:
        assert await deliver(memory)(TRIAL.id, attempts=0, span=span) is Done.DELIVERED
    body = json.loads(memory.bodies[0])
    assert body["event"] == "webhook.test"
    assert body["webhook_id"] == f"whk_{ENDPOINT.hex}"


async def test_two_secrets_of_an_endpoint_sign_both() -> None:
    old, new = "whsec_" + "b2xk" * 8, "whsec_" + "bmV3" * 8
    memory = Hearing(delivery=replace(TRIAL, secret=f"{new} {old}"), outcome=OK)
    with DISABLED.span("test") as span:
        await deliver(memory)(TRIAL.id, attempts=0, span=span)
    sent, body = memory.sent[0], memory.bodies[0]
    for secret in (new, old):
        alone = signing.sign(
            signing.parse_secrets(secret),
            webhook_id=sent["webhook-id"],
            timestamp_s=int(sent["webhook-timestamp"]),
            body=body,
        )
        assert alone in sent["webhook-signature"].split()
