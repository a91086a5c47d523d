"""What is too much: bytes and requests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from tests.integration.api.auraflux.client import MP4, Client
from tests.integration.api.auraflux.conftest import MAX_VIDEO_BYTES
from tests.support.site import Site

from headrace_contracts.scopes import SCOPES
from headrace_store.accounts.keys import Keys, KeyWish
from headrace_store.postgres import Pool

_TOO_LARGE = {
    "code": "too_large",
    "message": "This is too large: at most 3000000 bytes are taken",
    "details": {},
}


def film(size: int) -> bytes:
    return MP4 + bytes(size - len(MP4))


async def form(content: bytes) -> AsyncIterator[bytes]:
    """A form in pieces, without a length told ahead."""
    yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
    for start in range(0, len(content), 65536):
        yield content[start : start + 65536]
    yield b"\r\n--b--\r\n"


_CHUNKED = {"Content-Type": "multipart/form-data; boundary=b"}


async def files_of(pool: Pool, client: Client) -> int:
    found: int = await pool.fetchval("SELECT count(*) FROM files WHERE account_id = $1", client.account.id)
    return found


async def test_the_largest_video_is_taken_and_one_byte_more_is_not(client: Client, pool: Pool) -> None:
    sent = await client.upload(film(MAX_VIDEO_BYTES))
    assert sent["size"] == MAX_VIDEO_BYTES
    refused = await client.upload(film(MAX_VIDEO_BYTES + 1), status=413)
    assert refused["error"] == _TOO_LARGE
    assert await files_of(pool, client) == 1


async def test_a_length_that_is_not_told_is_counted(client: Client, pool: Pool) -> None:
    taken = await client.ask(
        "POST", "/upload", status=201, data=form(film(MAX_VIDEO_BYTES)), headers=_CHUNKED
    )
    assert taken["size"] == MAX_VIDEO_BYTES
    refused = await client.ask(
        "POST", "/upload", status=413, data=form(film(MAX_VIDEO_BYTES + 1)), headers=_CHUNKED
    )
    assert refused["error"] == _TOO_LARGE
    assert await files_of(pool, client) == 1


async def test_a_length_that_is_told_is_enough_to_refuse(client: Client) -> None:
    headers = {**client.account.auraflux(), **_CHUNKED, "Content-Length": str(500 * 1024 * 1024)}
    async with client.session.post(
        f"{client.base}/upload", data=form(film(100_000)), headers=headers
    ) as answer:
        assert answer.status == 413


async def test_what_begins_as_no_video_is_refused_before_the_rest_has_come(client: Client) -> None:
    answered = asyncio.Event()

    async def held() -> AsyncIterator[bytes]:
        async for piece in form(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(200_000)):
            if piece.endswith(b"--b--\r\n"):
                await answered.wait()
            yield piece

    async with client.session.post(
        f"{client.base}/upload", data=held(), headers={**client.account.auraflux(), **_CHUNKED}
    ) as answer:
        assert answer.status == 415
        assert (await answer.json())["error"]["code"] == "unsupported_media_type"
        answered.set()


@pytest.mark.parametrize("per_hour", [None, 2])
async def test_a_key_has_its_own_limit(per_hour: int | None, client: Client, pool: Pool) -> None:
    own = await Keys(pool).create(
        KeyWish(
            account_id=client.account.id,
            kind="auraflux",
            name="slow",
            scopes=tuple(SCOPES),
            per_minute=3,
            per_hour=per_hour,
        )
    )
    slow = Client(
        client.base.removesuffix("/auraflux/v1"),
        client.session,
        replace(client.account, auraflux_key=own.key),
    )
    allowed = per_hour or 3
    for left in reversed(range(allowed)):
        shown = (await slow.ask("GET", "/account"))["rateLimit"]
        assert (shown["limit"], shown["remaining"]) == (allowed, left)
    headers = slow.account.auraflux()
    async with slow.session.get(f"{slow.base}/account", headers=headers) as answer:
        assert answer.status == 429
        assert 0 < int(answer.headers["Retry-After"]) <= (60 if per_hour is None else 3600)
        assert answer.headers["X-RateLimit-Remaining"] == "0"
        assert answer.headers["X-RateLimit-Limit"] == str(allowed)
        assert (await answer.json())["error"]["code"] == "rate_limited"
    # The account's other key is not held back by it.
    await client.ask("GET", "/account")


async def test_three_hundred_a_minute_and_no_more(site: Site, client: Client) -> None:
    answers = await asyncio.gather(*(client.ask("GET", "/account", status=None) for _ in range(310)))
    good = [body["rateLimit"]["remaining"] for status, body in answers if status == 200]
    refused = [body["error"]["code"] for status, body in answers if status == 429]
    # A minute may end in between.
    assert len(good) in {300, 310}
    assert len(refused) == 310 - len(good)
    assert len(good) == len(set(good)) or len(good) == 310
