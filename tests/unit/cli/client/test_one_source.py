"""Both clients have the same calls: each is written once."""

from __future__ import annotations

import inspect

import pytest

from headrace.client.aio import AsyncClient
from headrace.client.errors import ConfigurationError
from headrace.client.operation import operation
from headrace.client.operations.every import Operations
from headrace.client.sync import Client

CALLS = [
    name for kind in Operations.__mro__ for name, each in vars(kind).items() if isinstance(each, operation)
]


def test_every_call_is_in_both() -> None:
    wanted = "submit get jobs history cancel wait download upload logs attempts models keys webhooks account"
    assert set(wanted.split()) <= set(CALLS)
    assert len(CALLS) == len(set(CALLS)), "two files have a call of one name"
    for name in CALLS:
        assert inspect.getdoc(getattr(Operations, name)), f"{name} says nothing"
        assert name not in vars(Client)
        assert name not in vars(AsyncClient)


async def test_the_same_call_blocks_in_one_and_is_awaited_in_the_other() -> None:
    with Client("http://127.0.0.1:9", "k") as blocking:
        assert not inspect.iscoroutinefunction(blocking.get)
        assert blocking.get.__name__ == "get"
    async with AsyncClient("http://127.0.0.1:9", "k") as awaited:
        call = awaited.get("job_1")
        assert inspect.isawaitable(call)
        call.close()  # type: ignore[attr-defined] # a coroutine, which mypy knows as Awaitable only


def test_without_an_address_or_a_key_it_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEADRACE_API_URL", raising=False)
    monkeypatch.delenv("HEADRACE_API_KEY", raising=False)
    with pytest.raises(ConfigurationError, match="HEADRACE_API_URL"):
        Client(None, "k")
    with pytest.raises(ConfigurationError, match="HEADRACE_API_KEY"):
        Client("http://127.0.0.1:9", None)


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://example.com"])
def test_an_address_is_one_of_http(url: str) -> None:
    with pytest.raises(ConfigurationError, match="http://"):
        Client(url, "k")


@pytest.mark.parametrize("key", ["hr_live_ä", "hr_live_x\n", "hr_live_ x"])
def test_a_key_is_what_a_header_can_carry(key: str) -> None:
    with pytest.raises(ConfigurationError, match="one line") as refusal:
        Client("http://127.0.0.1:9", key)
    assert key not in str(refusal.value)
