"""Every documented exchange of seed 004, against the real stack."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.contract.native.conftest import Native
from tests.contract.native.transcripts import TRANSCRIPTS
from tests.support.transcript import Transcript, play


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda transcript: transcript.name)
async def test_conversation_goes_as_written(transcript: Transcript, native: Native) -> None:
    today = datetime.now(UTC).date().isoformat()
    await play(transcript, native.origin, native.session, {**native.names, "today": today})


async def test_sixty_requests_a_minute_and_a_thousand_an_hour(native: Native) -> None:
    replies = [await native.ask("GET", "/v1/account") for _ in range(61)]
    # The minute of the clock may have ended in between: then some of the 61 count for the next.
    limited = [reply for reply in replies if reply.status == 429]
    resets = {reply.headers["X-RateLimit-Reset"] for reply in replies}
    assert len(limited) == 1 or len(resets) == 2
    assert replies[0].headers["X-RateLimit-Limit"] == "60"
    assert replies[0].headers["X-RateLimit-Remaining"] == "59"
    assert replies[0].headers["X-RateLimit-Limit-Hour"] == "1000"
    assert replies[0].headers["X-RateLimit-Remaining-Hour"] == "999"
    for reply in limited:
        assert reply.code == "rate_limited"
        assert 1 <= int(reply.headers["Retry-After"]) <= 60
        assert reply.headers["X-RateLimit-Remaining"] == "0"


async def test_a_key_may_have_limits_of_its_own(native: Native) -> None:
    made = await native.made("POST", "/v1/keys", json={"name": "slow", "per_minute": 2, "per_hour": 3})
    seen = [await native.ask("GET", "/v1/account", key=made["key"]) for _ in range(4)]
    assert seen[0].headers["X-RateLimit-Limit"] == "2"
    assert seen[0].headers["X-RateLimit-Limit-Hour"] == "3"
    assert seen[0].body["per_minute"] == 2
    assert seen[3].status == 429
