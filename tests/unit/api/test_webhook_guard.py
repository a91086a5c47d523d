"""Webhook URLs at submit."""

from __future__ import annotations

import pytest

from headrace_api.core.errors import BadRequestError
from headrace_api.core.webhooks import WebhookGuard

ADDRESSES = {
    "public.example.com": ["93.184.215.14"],
    "inside.example.com": ["93.184.215.14", "10.0.0.7"],
    "loop.example.com": ["127.0.0.1"],
    "nowhere.example.com": [],
}


class Resolver:
    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        return ADDRESSES.get(host, [])


def guard(*, allow_loopback: bool = False) -> tuple[WebhookGuard, Resolver]:
    resolver = Resolver()
    return WebhookGuard(resolver, allow_loopback=allow_loopback, clock=lambda: 0.0), resolver


@pytest.mark.parametrize("url", ["https://public.example.com/x", "http://public.example.com:8080/x?y=1#z"])
async def test_public_hosts_are_fine(url: str) -> None:
    assert await guard()[0].check(url) == url


async def test_none_is_fine() -> None:
    assert await guard()[0].check("") is None


async def test_name_without_address_is_left_to_the_sender() -> None:
    assert await guard()[0].check("https://nowhere.example.com/") == "https://nowhere.example.com/"


@pytest.mark.parametrize(
    "url",
    [
        "https://inside.example.com/",
        "https://loop.example.com/",
        "http://127.0.0.1/",
        "gopher://public.example.com/",
    ],
)
async def test_inside_hosts_are_refused(url: str) -> None:
    with pytest.raises(BadRequestError, match="Field 'webhook_url' is not valid"):
        await guard()[0].check(url)


async def test_loopback_where_it_is_allowed() -> None:
    open_guard, _ = guard(allow_loopback=True)
    assert await open_guard.check("http://127.0.0.1:9/x") == "http://127.0.0.1:9/x"
    assert await open_guard.check("http://loop.example.com/") == "http://loop.example.com/"
    with pytest.raises(BadRequestError):
        await open_guard.check("http://inside.example.com/")


async def test_a_host_is_looked_up_once() -> None:
    one, resolver = guard()
    await one.check("https://public.example.com/a")
    await one.check("https://public.example.com/b")
    assert resolver.asked == ["public.example.com"]
