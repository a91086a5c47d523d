"""A receiver's check of webhooks, against the sender's code and the example of the specification."""

from __future__ import annotations

import pytest

from headrace.demo.signature import TOLERANCE_S, is_genuine
from headrace_contracts.signing import headers, parse_secret

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # the example of standard-webhooks
BODY = b'{"test": 2432232314}'
EXAMPLE = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
NOW_S = 1614265330.0


def test_the_example_and_our_own_are_genuine() -> None:
    assert is_genuine(EXAMPLE, BODY, secret=SECRET, now_s=NOW_S)
    ours = headers([parse_secret(SECRET)], webhook_id="x", timestamp_s=int(NOW_S), body=BODY)
    assert is_genuine(ours, BODY, secret=SECRET, now_s=NOW_S + TOLERANCE_S)


@pytest.mark.parametrize(
    ("changes", "body", "now_s"),
    [
        ({}, BODY + b" ", NOW_S),
        ({"webhook-id": "msg_other"}, BODY, NOW_S),
        ({"webhook-timestamp": "1614265331"}, BODY, NOW_S),
        ({"webhook-timestamp": "soon"}, BODY, NOW_S),
        ({"webhook-signature": "v1,AAAA"}, BODY, NOW_S),
        ({"webhook-signature": ""}, BODY, NOW_S),
        ({"webhook-signature": "v1,\u00e9"}, BODY, NOW_S),
        ({}, BODY, NOW_S + TOLERANCE_S + 1),
    ],
)
def test_a_changed_one_is_not(changes: dict[str, str], body: bytes, now_s: float) -> None:
    assert not is_genuine({**EXAMPLE, **changes}, body, secret=SECRET, now_s=now_s)
