"""Our signatures, checked by the library that receivers use."""

from __future__ import annotations

import base64
import time

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from headrace_contracts.signing import SecretError, headers, parse_secret, parse_secrets, sign

OLD = "whsec_" + base64.b64encode(bytes(range(32))).decode()
NEW = "whsec_" + base64.b64encode(bytes(range(100, 124))).decode()
BODY = '{"event":"job.completed","job":{"model":"ü\\n"}}'.encode()


def signed(secrets: str, body: bytes = BODY) -> dict[str, str]:
    return headers(parse_secrets(secrets), webhook_id="0193-a", timestamp_s=int(time.time()), body=body)


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_a_receiver_with_either_secret_verifies(secret: str) -> None:
    assert Webhook(secret).verify(BODY, signed(f"{NEW} {OLD}"))["event"] == "job.completed"


def test_another_body_or_secret_is_refused() -> None:
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(BODY + b" ", signed(OLD))
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(BODY, signed(OLD))


def test_the_example_of_the_specification() -> None:
    key = parse_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signature = sign(
        [key], webhook_id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp_s=1614265330, body=b'{"test": 2432232314}'
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_padding_may_be_missing() -> None:
    assert parse_secret(OLD.rstrip("=")) == bytes(range(32))


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("", "begin with"),
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "begin with"),
        ("v1,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "begin with"),
        ("whsec_MfKQ9r8G_Y-rTwjUPD8ILPZIo2LaLaSw", "standard base64"),
        ("whsec_MfKQ9r8GKYqrTwjU", "at least 16 bytes"),
    ],
)
def test_wrong_secrets_are_told_without_showing_them(secret: str, words: str) -> None:
    with pytest.raises(SecretError, match=words) as caught:
        parse_secret(secret)
    assert "MfKQ" not in str(caught.value)
