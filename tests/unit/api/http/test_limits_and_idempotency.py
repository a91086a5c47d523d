"""Headers about limits and repetitions; and where a request comes from."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_network
from unittest.mock import Mock

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from headrace_api.core.errors import Allowance, BadRequestError, RateLimitedError
from headrace_api.http.auth import bearer, client_address, cookie
from headrace_api.http.idempotency import idempotency_key
from headrace_api.http.limits import Rule, headers_of, refusal_headers, show_allowance, take

RESET = datetime(2026, 1, 1, tzinfo=UTC)
TRUSTED = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def request(*headers: tuple[str, str], peer: str | None = None) -> web.Request:
    transport = Mock()
    transport.get_extra_info.side_effect = lambda name, default=None: (
        (peer, 1) if name == "peername" and peer else default
    )
    return make_mocked_request("POST", "/", headers=CIMultiDict(headers), transport=transport)


class Limits:
    """Each limit has what is left of it in ``left``."""

    def __init__(self, left: dict[int, int]) -> None:
        self.left = left

    async def take(self, subject: str, *, limit: int, window_s: int) -> Allowance:
        assert subject == "a"
        self.left[window_s] -= 1
        allowance = Allowance(limit=limit, remaining=max(0, self.left[window_s]), reset_at=RESET)
        if self.left[window_s] < 0:
            raise RateLimitedError(7, allowance)
        return allowance


RULES = (Rule(60, 60), Rule(1000, 3600))


async def test_the_tightest_rule_is_shown() -> None:
    for left, shown in (({60: 50, 3600: 400}, ("60", "49")), ({60: 50, 3600: 3}, ("1000", "2"))):
        asked = request()
        await take(Limits(left), asked, "a", RULES)  # type: ignore[arg-type] # as much of RateLimits as is used
        response = web.Response()
        await show_allowance(asked, response)
        assert (response.headers["X-RateLimit-Limit"], response.headers["X-RateLimit-Remaining"]) == shown
        assert response.headers["X-RateLimit-Reset"] == str(int(RESET.timestamp()))


async def test_a_refusal_shows_the_rule_that_refused() -> None:
    asked = request()
    with pytest.raises(RateLimitedError) as refused:
        await take(Limits({60: 0, 3600: 5}), asked, "a", RULES)  # type: ignore[arg-type] # as above
    response = web.Response()
    await show_allowance(asked, response)
    assert response.headers["X-RateLimit-Limit"] == "60"
    assert refusal_headers(refused.value) == {
        **headers_of(Allowance(limit=60, remaining=0, reset_at=RESET)),
        "Retry-After": "7",
    }
    assert refusal_headers(RateLimitedError(3)) == {"Retry-After": "3"}


async def test_an_answer_to_what_was_not_counted_shows_nothing() -> None:
    response = web.Response()
    await show_allowance(request(), response)
    assert not [name for name in response.headers if name.startswith("X-RateLimit")]


def test_a_key_for_repetitions() -> None:
    assert idempotency_key(request()) is None
    assert idempotency_key(request(("Idempotency-Key", '"8e03978e-40d5"'))) == '"8e03978e-40d5"'
    assert idempotency_key(request(("idempotency-key", "x" * 255))) == "x" * 255


@pytest.mark.parametrize("value", ["", "x" * 256, "two words", "schlüssel", "tab\there"])
def test_a_key_that_can_not_be_used_names_the_header(value: str) -> None:
    with pytest.raises(BadRequestError, match="Idempotency-Key must be 1 to 255 visible ASCII"):
        idempotency_key(request(("Idempotency-Key", value)))


def test_two_keys_are_one_too_many() -> None:
    with pytest.raises(BadRequestError, match="once, not 2 times"):
        idempotency_key(request(("Idempotency-Key", "a"), ("Idempotency-Key", "b")))


def test_tokens_in_headers_and_cookies() -> None:
    assert bearer(request(("Authorization", "bearer  token "))) == "token"
    assert bearer(request(("Authorization", "Basic token"))) is None
    assert cookie(request(("Cookie", "auth_token=jwt; x=y")), "auth_token") == "jwt"
    assert cookie(request(("Cookie", "auth_token=")), "auth_token") is None
    assert cookie(request(), "auth_token") is None


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),  # a client that writes the header itself
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("::ffff:10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("fd00::1", "10.0.0.3", "10.0.0.3"),
        (None, "198.51.100.7", None),
    ],
)
def test_proxies_are_believed_only_where_they_are_the_sites_own(
    peer: str | None, forwarded: str, address: str | None
) -> None:
    headers = [("X-Forwarded-For", forwarded)] if forwarded else []
    assert client_address(request(*headers, peer=peer), TRUSTED) == address


def test_several_lines_of_the_header_are_read_as_one() -> None:
    lines = [("X-Forwarded-For", "198.51.100.7"), ("X-Forwarded-For", "10.0.0.9")]
    assert client_address(request(*lines, peer="10.0.0.1"), TRUSTED) == "198.51.100.7"
