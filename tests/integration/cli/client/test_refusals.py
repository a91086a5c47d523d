"""What the API refuses, as the clients tell it."""

from __future__ import annotations

import asyncio
import re
import time

import pytest
from tests.integration.cli.client.conftest import Caller, Callers
from tests.support.site import Site

from headrace.client.aio import AsyncClient
from headrace.client.errors import ApiError, ConflictError, NotFoundError, UnexpectedAnswerError


async def test_a_wrong_key_is_401(callers: Callers) -> None:
    with pytest.raises(ApiError) as refusal:
        await callers.to("hr_live_wrong")("account")
    assert (refusal.value.status, refusal.value.code) == (401, "unauthorized")
    with pytest.raises(ApiError, match="Invalid API key"):
        await callers.to("hr_live_wrong").events(until=lambda _event: True)


async def test_a_key_without_the_scope_is_403(callers: Callers, site: Site) -> None:
    call = callers.to(await site.account(scopes=["jobs:read"]))
    with pytest.raises(ApiError) as refusal:
        await call("submit", "noop")
    assert (refusal.value.status, refusal.value.code) == (403, "forbidden")


@pytest.mark.parametrize(
    "name", ["get", "cancel", "retry", "approve", "logs", "attempts", "wait", "download"]
)
async def test_the_job_of_another_is_not_there(callers: Callers, call: Caller, site: Site, name: str) -> None:
    made = await call("submit", "noop")
    with pytest.raises(NotFoundError, match="Job not found") as refusal:
        await callers.to(await site.account())(name, made.job_id)
    assert (refusal.value.status, refusal.value.code) == (404, "not_found")


async def test_what_can_not_be_done_now_is_409(call: Caller) -> None:
    made = await call("submit", "noop")
    for name in ("approve", "retry", "download"):
        with pytest.raises(ConflictError) as refusal:
            await call(name, made.job_id)
        assert refusal.value.status == 409


async def test_problems_name_their_fields(call: Caller) -> None:
    with pytest.raises(ApiError) as refusal:
        await call(
            "submit", "text-generation", "x", payload={"max_tokens": 0, "colour": "red"}, priority="soon"
        )
    assert (refusal.value.status, refusal.value.code) == (422, "validation_error")
    assert {field for field, _ in refusal.value.problems} == {"priority"}
    with pytest.raises(ApiError) as refusal:
        await call("submit", "text-generation", "x", payload={"max_tokens": 0, "colour": "red"})
    assert {field for field, _ in refusal.value.problems} == {"payload.max_tokens", "payload.colour"}
    assert str(refusal.value).count("\n  payload.") == 2


async def test_too_many_requests_are_waited_for_as_long_as_the_site_says(
    callers: Callers, call: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await call("create_key", "slow", scopes=["jobs:read"], per_minute=3)
    assert key.per_minute == 3
    waits: list[float] = []

    async def no_pause(seconds: float) -> None:
        waits.append(seconds)

    slow = callers.to(key.key)
    for _ in range(3):
        await slow("account")
    if isinstance(slow.client, AsyncClient):
        monkeypatch.setattr(asyncio, "sleep", no_pause)
    else:
        monkeypatch.setattr(time, "sleep", waits.append)
    with pytest.raises(ApiError) as refusal:
        await slow("account")
    assert (refusal.value.status, refusal.value.code) == (429, "rate_limited")
    assert len(waits) == 5
    assert all(0 < wait <= 60 for wait in waits)


async def test_another_server_is_told_from_ours(callers: Callers, site: Site) -> None:
    account = await site.account()
    with pytest.raises(NotFoundError):
        await callers.to(account, f"{site.url}/nothing")("account")
    with pytest.raises(UnexpectedAnswerError, match=re.escape("check the address")):
        await callers.to(account, f"{site.url}/docs?")("account")
