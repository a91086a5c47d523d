"""What a destination is made of, and that no message repeats what was given."""

from __future__ import annotations

import json
from typing import Any

import pytest

from headrace_contracts.destinations import (
    PLATFORMS,
    DestinationError,
    YouTubeConfig,
    check_target,
    parse_destination,
)

CANARY = "canary-7f3a"
WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
S3 = {"access_key": "key", "secret_key": CANARY}
HTTP = {"signing_secret": WHSEC}
TOKEN = {"access_token": CANARY}
OAUTH = {"client_id": "id", "client_secret": CANARY, "refresh_token": CANARY}


@pytest.mark.parametrize(
    ("platform", "config", "secret"),
    [
        ("s3", {}, None),
        ("s3", {"bucket": "films", "prefix": "a/b", "region": "eu-west-1"}, None),
        ("s3", {"endpoint_url": "https://s3.example.com/", "bucket": "films"}, S3),
        ("http", {"url": "https://a.example/{job_id}/{name}"}, HTTP),
        (
            "http",
            {"url": "https://a.example", "signature": "hmac", "header": "X-Sig"},
            {"signing_secret": "s" * 16},
        ),
        ("mastodon", {"base_url": "https://m.example", "visibility": "direct"}, TOKEN),
        ("youtube", {}, OAUTH),
        ("youtube", {"privacy": "private", "publish_after_s": 3600}, OAUTH),
    ],
)
def test_good_ones_and_what_is_kept_of_them(
    platform: str, config: dict[str, Any], secret: dict[str, str] | None
) -> None:
    made = parse_destination(platform, config, secret, allow_loopback=False)
    assert CANARY not in repr(made)
    assert CANARY not in made.config_json()
    kept, sealed = json.loads(made.config_json()), made.secret_json()
    assert (None if sealed is None else json.loads(sealed)) == secret
    again = parse_destination(platform, kept, secret, allow_loopback=False)
    assert again.config == made.config
    assert again.secret == made.secret


@pytest.mark.parametrize(
    ("platform", "config", "secret", "field", "words"),
    [
        ("tape", {}, None, "platform", "must be one of s3, http, mastodon, youtube"),
        ("s3", {}, S3, "secret", "needs no keys"),
        ("s3", {"endpoint_url": "https://s3.example.com"}, S3, "config", "bucket is needed"),
        ("s3", {"endpoint_url": "https://s3.example.com", "bucket": "films"}, None, "secret", "is needed"),
        ("s3", {"prefix": "a/../b"}, None, "config.prefix", "plain names"),
        ("s3", {"bucket": "UPPER"}, None, "config.bucket", "pattern"),
        ("http", {"url": "https://a.example/{what}"}, HTTP, "config.url", "placeholders"),
        ("http", {"url": "https://{name}.example/"}, HTTP, "config.url", "after the host"),
        ("http", {"url": "https://a.example", "header": "Host"}, HTTP, "config.header", "pattern"),
        ("http", {"url": "https://a.example"}, {"signing_secret": CANARY * 2}, "secret.signing_secret", "whsec_"),
        ("http", {"url": "https://a.example"}, {"signing_secret": CANARY}, "secret.signing_secret", "16 characters"),
        (
            "http", {"url": "https://a.example"}, HTTP | {"authorization": f"{CANARY}\n"},
            "secret.authorization", "printable",
        ),
        ("mastodon", {"base_url": "https://m.example?x"}, TOKEN, "config.base_url", "no query"),
        ("mastodon", {"base_url": "http://m.example"}, TOKEN, "config.base_url", "https://"),
        ("mastodon", {"base_url": "https://m.example", CANARY: 1}, TOKEN, "config", "not known"),
        ("mastodon", {"base_url": "https://m.example"}, {"token": CANARY}, "secret", "not known"),
        ("mastodon", {"base_url": "https://m.example"}, {"access_token": [CANARY]}, "secret.access_token", "string"),
        ("youtube", {"privacy": "public", "publish_after_s": 900}, OAUTH, "config", "private"),
        ("youtube", {}, {}, "secret.client_id", "required"),
        ("youtube", {}, None, "secret", "is needed"),
    ],
)  # fmt: skip
def test_wrong_ones_are_told_by_field_without_what_was_given(
    platform: str, config: dict[str, Any], secret: dict[str, Any] | None, field: str, words: str
) -> None:
    with pytest.raises(DestinationError) as caught:
        parse_destination(platform, config, secret, allow_loopback=False)
    told = {problem.field: problem.message for problem in caught.value.problems}
    assert words in told[field]
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("host", ["127.0.0.1:9000", "localhost", "10.0.0.1", "169.254.169.254", "minio"])
def test_addresses_inside_are_refused_for_every_platform(host: str) -> None:
    url = f"https://{host}"
    for platform, config, secret in (
        ("s3", {"endpoint_url": url, "bucket": "films"}, S3),
        ("http", {"url": f"{url}/{{name}}"}, HTTP),
        ("mastodon", {"base_url": url}, TOKEN),
        ("youtube", {"base_url": url}, OAUTH),
        ("youtube", {"token_url": url}, OAUTH),
    ):
        with pytest.raises(DestinationError):
            parse_destination(platform, config, secret, allow_loopback=False)


def test_plain_http_is_for_this_machine_only() -> None:
    assert check_target("http://127.0.0.1:9000/x", allow_loopback=True) is None
    assert check_target("http://localhost/x", allow_loopback=True) is None
    for url, loopback in (
        ("http://a.example/x", True),
        ("http://127.0.0.1/x", False),
        ("http://10.0.0.1/", True),
    ):
        assert check_target(url, allow_loopback=loopback) is not None


def test_all_platforms_are_there_and_nothing_is_public_by_default() -> None:
    assert PLATFORMS == ("s3", "http", "mastodon", "youtube")
    assert YouTubeConfig().privacy == "private"
